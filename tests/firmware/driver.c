/* Reads one command a line, prints what comes out, then a line with a dot. Built with sanitizers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "open_sensor.h"

static const uint32_t rates_mhz[] = {104000, 208000};
static const struct osp_acc_range acc_ranges[] = {{8, 0x397FDA40}, {16, 0x39FFDA40}};
static const struct osp_gyr_range gyr_ranges[] = {{2000, 0x3D8F5C29}};

static struct osp_sensor sensor;
static struct osp_info info;
static struct osp_ring ring;
static bool imu_is_silent;
static unsigned faults;
static unsigned denied_ops;

static bool start_imu(void *context, uint32_t rate_mhz, uint8_t acc_g, uint16_t gyr_dps)
{
    (void)context;
    printf("board start_imu %" PRIu32 " %u %u\n", rate_mhz, acc_g, gyr_dps);
    return !imu_is_silent;
}
static void stop_imu(void *context) { (void)context, puts("board stop_imu"); }
static void identify(void *context, uint8_t seconds)
{
    (void)context;
    printf("board identify %u\n", seconds);
}
static void store_label(void *context, struct osp_label label)
{
    (void)context;
    printf("board store_label %u %u\n", label.side, label.placement);
}
static uint8_t self_test(void *context)
{
    (void)context;
    puts("board self_test");
    return (uint8_t)faults;
}
static void factory_reset(void *context) { (void)context, puts("board factory_reset"); }
static void sleep_(void *context) { (void)context, puts("board sleep"); }
static bool allows(void *context, uint8_t op) { return (void)context, (denied_ops >> op & 1u) == 0; }

static const struct osp_board board = {NULL,        start_imu, stop_imu,      identify, store_label,
                                       self_test,   factory_reset, sleep_,    allows};

static uint32_t number(void) { return (uint32_t)strtoull(strtok(NULL, " \n"), NULL, 10); }
static uint64_t micros(void) { return strtoull(strtok(NULL, " \n"), NULL, 10); }

/* A copy of exactly the size, so that the address sanitizer sees each byte read too many. */
static uint8_t *bytes_of(size_t *size)
{
    const char *hex = strtok(NULL, " \n");
    uint8_t *bytes;
    hex = hex == NULL || *hex == '-' ? "" : hex;
    *size = strlen(hex) / 2;
    bytes = malloc(*size + (*size == 0));
    for (size_t i = 0; i < *size; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return bytes;
}

static void print_hex(const char *before, const uint8_t *bytes, size_t size)
{
    fputs(before, stdout);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
    putchar('\n');
}

static void new_sensor(void)
{
    uint32_t depth = number();
    uint32_t first_sequence = number();
    free(ring.counts), free(ring.t100us), free(ring.marks);
    osp_ring_init(&ring, malloc(depth * sizeof *ring.counts), malloc(depth * 2u),
                  malloc(OSP_RING_MARK_BYTES(depth)), depth, first_sequence);
    memset(&info, 0, sizeof info);
    info.boot_id = number();
    info.capabilities = number();
    info.label.side = (uint8_t)number();
    info.label.placement = (uint8_t)number();
    imu_is_silent = number() != 0;
    faults = number();
    denied_ops = number();
    info.serial = "SS-0042", info.model = "Ref-1", info.firmware = "1.0.0";
    info.rates_mhz = rates_mhz, info.rates = 2;
    info.acc_ranges = acc_ranges, info.acc_range_count = 2;
    info.gyr_ranges = gyr_ranges, info.gyr_range_count = 1;
    info.sampling_known = true, info.acc_delay_us = 2400, info.gyr_delay_us = 1600;
    osp_sensor_init(&sensor, &info, &board, &ring);
}

static void samples(void)
{
    uint32_t count = number();
    uint64_t time_us = micros();
    uint64_t period_us = micros();
    while (count-- > 0) {
        uint32_t sequence = ring.next_sequence + sensor.skip_samples;
        int16_t counts[6];
        for (uint32_t axis = 0; axis < 6; axis++) {
            counts[axis] =
                (int16_t)((int32_t)((sequence * 7919u + axis * 104729u) % 65536u) - 32768);
        }
        osp_sensor_sample(&sensor, counts, time_us);
        time_us += period_us;
    }
}

/* One sample of given counts. */
static void sample(void)
{
    uint64_t time_us = micros();
    int16_t counts[6];
    for (size_t axis = 0; axis < 6; axis++) {
        counts[axis] = (int16_t)atoi(strtok(NULL, " \n"));
    }
    osp_sensor_sample(&sensor, counts, time_us);
}

static void next(void)
{
    uint64_t now_us = micros();
    uint32_t limit = number();
    while (limit-- > 0) {
        uint8_t *out = malloc(OSP_VALUE_MAX_BYTES);
        size_t size;
        char name[16];
        enum osp_channel channel = osp_sensor_next(&sensor, now_us, out, &size);
        if (channel != OSP_CHANNEL_NONE) {
            sprintf(name, "out %d ", channel);
            print_hex(name, out, size);
        }
        free(out);
        if (channel == OSP_CHANNEL_NONE) {
            uint64_t at_us = osp_sensor_wanted_at_us(&sensor);
            if (at_us <= now_us) {
                puts("nothing is there, and it is wanted at once");
            }
            printf("wanted %" PRIu64 "\n", at_us);
            break;
        }
    }
}

static void decode_packet(const uint8_t *bytes, size_t size)
{
    struct osp_packet packet;
    uint8_t out[OSP_PACKET_MAX_BYTES];
    enum osp_fault fault = osp_packet_decode(bytes, size, &packet);
    printf("fault %d\n", fault);
    if (fault == OSP_FINE) {
        print_hex("again ", out, osp_packet_encode(&packet, out));
    }
}

static void decode_stream(const uint8_t *bytes, size_t size)
{
    struct osp_stream stream;
    osp_stream_init(&stream);
    for (size_t i = 0; i < size; i++) {
        struct osp_packet packet;
        enum osp_fault fault;
        uint8_t out[OSP_PACKET_MAX_BYTES];
        if (osp_stream_put(&stream, bytes[i], &packet, &fault)) {
            print_hex("again ", out, osp_packet_encode(&packet, out));
        } else if (fault != OSP_FINE) {
            printf("fault %d\n", fault);
        }
    }
    printf("held %u\n", stream.held_bytes);
}

static void decode_control(const char *what, const uint8_t *bytes, size_t size)
{
    union {
        struct osp_request request;
        struct osp_reply reply;
        struct osp_done done;
        struct osp_status status;
    } value;
    uint8_t out[OSP_CONTROL_MAX_BYTES];
    enum osp_fault fault;
    size_t again = 0;
    if (strcmp(what, "request") == 0) {
        fault = osp_request_decode(bytes, size, &value.request);
        again = fault == OSP_FINE ? osp_request_encode(&value.request, out) : 0;
    } else if (strcmp(what, "reply") == 0) {
        fault = osp_reply_decode(bytes, size, &value.reply);
        again = fault == OSP_FINE ? osp_reply_encode(&value.reply, out) : 0;
    } else if (strcmp(what, "done") == 0) {
        fault = osp_done_decode(bytes, size, &value.done);
        again = fault == OSP_FINE ? osp_done_encode(&value.done, out) : 0;
    } else {
        fault = osp_status_decode(bytes, size, &value.status);
        if (fault == OSP_FINE) {
            osp_status_encode(&value.status, out);
            again = OSP_STATUS_BYTES;
        }
    }
    printf("fault %d\n", fault);
    print_hex("again ", out, again);
}

static void decode_info(const uint8_t *bytes, size_t size)
{
    struct osp_info_view view;
    enum osp_fault fault = osp_info_decode(bytes, size, &view);
    printf("fault %d\n", fault);
    if (fault != OSP_FINE) {
        return;
    }
    printf("protocol %u %u boot %" PRIu32 " ring %" PRIu32 " can %" PRIu32 "\n", view.major,
           view.minor, view.boot_id, view.ring_depth_samples, view.capabilities);
    print_hex("serial ", view.serial.utf8, view.serial.bytes);
    print_hex("model ", view.model.utf8, view.model.bytes);
    print_hex("firmware ", view.firmware.utf8, view.firmware.bytes);
    for (uint8_t i = 0; i < view.rate_count; i++) {
        printf("rate %" PRIu32 "\n", osp_info_rate_mhz(&view, i));
    }
    for (uint8_t i = 0; i < view.acc_range_count; i++) {
        struct osp_acc_range range = osp_info_acc_range(&view, i);
        printf("acc %u %08" PRIx32 "\n", range.range_g, range.g_per_count_f32);
    }
    for (uint8_t i = 0; i < view.gyr_range_count; i++) {
        struct osp_gyr_range range = osp_info_gyr_range(&view, i);
        printf("gyr %u %08" PRIx32 "\n", range.range_dps, range.dps_per_count_f32);
    }
    if ((view.seen >> OSP_INFO_LABEL & 1u) != 0) {
        printf("label %u %u\n", view.label.side, view.label.placement);
    }
    if ((view.seen >> OSP_INFO_AXES & 1u) != 0) {
        printf("axes %d %d %d\n", view.axes[0], view.axes[1], view.axes[2]);
    }
    if ((view.seen >> OSP_INFO_STREAM & 1u) != 0) {
        printf("stream %" PRIu32 " %" PRIu32 " %u %u %" PRIu32 "\n", view.stream.session,
               view.stream.rate_mhz, view.stream.acc_range_g, view.stream.gyr_range_dps,
               view.stream.first_sequence);
    }
    if ((view.seen >> OSP_INFO_CLOCK & 1u) != 0) {
        printf("clock %u\n", view.clock_tolerance_ppm);
    }
    if ((view.seen >> OSP_INFO_SAMPLING & 1u) != 0) {
        printf("sampling %u %u %u\n", view.gyro_sampling, view.acc_delay_us, view.gyr_delay_us);
    }
}

static void write_(void)
{
    uint64_t now_us = micros();
    size_t size;
    uint8_t *bytes = bytes_of(&size);
    printf("att %u\n", osp_sensor_write(&sensor, bytes, size, now_us));
    free(bytes);
}

static void read_(void)
{
    uint64_t now_us = micros();
    enum osp_channel channel = (enum osp_channel)number();
    uint8_t *out = malloc(OSP_INFO_MAX_BYTES);
    size_t size;
    printf("att %u\n", osp_sensor_read(&sensor, channel, now_us, out, &size));
    print_hex("value ", out, size);
    free(out);
}

static void on_bytes(const char *what)
{
    size_t size;
    uint8_t *bytes = bytes_of(&size);
    if (strcmp(what, "packet") == 0) {
        decode_packet(bytes, size);
    } else if (strcmp(what, "stream") == 0) {
        decode_stream(bytes, size);
    } else if (strcmp(what, "info") == 0) {
        decode_info(bytes, size);
    } else {
        decode_control(what, bytes, size);
    }
    free(bytes);
}

static void run(const char *what)
{
    uint64_t now_us;
    if (strcmp(what, "new") == 0) {
        new_sensor();
    } else if (strcmp(what, "connected") == 0) {
        osp_sensor_connected(&sensor, micros());
    } else if (strcmp(what, "mtu") == 0) {
        osp_sensor_set_mtu(&sensor, (uint16_t)number());
    } else if (strcmp(what, "encrypted") == 0) {
        osp_sensor_set_encrypted(&sensor, number() != 0);
    } else if (strcmp(what, "enable") == 0) {
        enum osp_channel channel = (enum osp_channel)number();
        bool on = number() != 0;
        printf("att %u\n", osp_sensor_enable(&sensor, channel, on, micros()));
    } else if (strcmp(what, "write") == 0) {
        write_();
    } else if (strcmp(what, "read") == 0) {
        read_();
    } else if (strcmp(what, "samples") == 0) {
        samples();
    } else if (strcmp(what, "sample") == 0) {
        sample();
    } else if (strcmp(what, "overrun") == 0) {
        osp_sensor_overrun(&sensor, number());
    } else if (strcmp(what, "battery") == 0) {
        uint8_t percent = (uint8_t)number();
        bool low = number() != 0;
        bool charging = number() != 0;
        osp_sensor_battery(&sensor, percent, low, charging, number() != 0);
    } else if (strcmp(what, "next") == 0) {
        next();
    } else if (strcmp(what, "confirmed") == 0) {
        osp_sensor_confirmed(&sensor, micros());
    } else if (strcmp(what, "disconnected") == 0) {
        now_us = micros();
        osp_sensor_disconnected(&sensor, now_us);
    } else if (strcmp(what, "wanted") == 0) {
        printf("wanted %" PRIu64 "\n", osp_sensor_wanted_at_us(&sensor));
    } else if (strcmp(what, "service_data") == 0) {
        uint8_t out[OSP_SERVICE_DATA_BYTES];
        osp_sensor_service_data(&sensor, number() != 0, out);
        print_hex("value ", out, sizeof out);
    } else {
        on_bytes(what);
    }
}

int main(void)
{
    static char line[8192];
    while (fgets(line, sizeof line, stdin) != NULL) {
        run(strtok(line, " \n"));
        puts(".");
        fflush(stdout);
    }
    return 0;
}

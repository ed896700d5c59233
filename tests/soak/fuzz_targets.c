/* Any bytes, in any order: decoders stay inside them and give back what they read; a running sensor keeps
 * its invariants. Compiled with -DTARGET=1 (codec), 2 (info) or 3 (sensor), as a libFuzzer target, or with
 * -DOWN_LOOP by itself: then mutated seeds are run, argv: runs, seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "open_sensor.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#if TARGET == 1
static void check_stream(const uint8_t *bytes, size_t size, const struct osp_packet *whole)
{
    struct osp_stream stream;
    struct osp_packet packet;
    enum osp_fault fault;
    osp_stream_init(&stream);
    for (size_t i = 0; i < size; i++) {
        bool ready = osp_stream_put(&stream, bytes[i], &packet, &fault);
        CHECK(stream.held_bytes < OSP_PACKET_MAX_BYTES);
        CHECK(whole == NULL || ready == (i + 1 == size));
        if (ready) {
            CHECK(packet.count >= 1 && packet.count <= 19);
        }
    }
    if (whole != NULL) {
        CHECK(packet.first_sequence == whole->first_sequence && packet.count == whole->count);
        CHECK(memcmp(packet.samples, whole->samples, whole->count * 12u) == 0);
    }
}

static void run(const uint8_t *bytes, size_t size)
{
    struct osp_packet packet;
    struct osp_request request;
    struct osp_reply reply;
    struct osp_done done;
    struct osp_status status;
    uint8_t out[OSP_VALUE_MAX_BYTES];
    bool fine = osp_packet_decode(bytes, size, &packet) == OSP_FINE;
    if (fine) {
        for (uint8_t i = 0; i < packet.count; i++) {
            int16_t counts[6];
            osp_packet_sample(&packet, i, counts);
            osp_packet_put_sample(out, i, counts);
        }
        packet.samples = NULL;
        CHECK(osp_packet_encode(&packet, out) == size && memcmp(out, bytes, size) == 0);
        packet.samples = bytes + 8;
    }
    check_stream(bytes, size, fine ? &packet : NULL);
    if (osp_request_decode(bytes, size, &request) == OSP_FINE) {
        CHECK(osp_request_encode(&request, out) == size && memcmp(out, bytes, size) == 0);
    }
    if (osp_reply_decode(bytes, size, &reply) == OSP_FINE) {
        size_t again = osp_reply_encode(&reply, out);
        CHECK(again <= size && memcmp(out, bytes, again) == 0);
    }
    if (osp_done_decode(bytes, size, &done) == OSP_FINE) {
        size_t again = osp_done_encode(&done, out);
        CHECK(again <= size && memcmp(out, bytes, again) == 0);
    }
    if (osp_status_decode(bytes, size, &status) == OSP_FINE) {
        osp_status_encode(&status, out);
        CHECK(memcmp(out, bytes, size) == 0);
    }
}
#elif TARGET == 2
static void check_text(const uint8_t *bytes, size_t size, struct osp_info_text text)
{
    CHECK(text.bytes >= 1 && text.bytes <= 32);
    CHECK(text.utf8 >= bytes && text.utf8 + text.bytes <= bytes + size);
}

static void run(const uint8_t *bytes, size_t size)
{
    struct osp_info_view view;
    if (osp_info_decode(bytes, size, &view) != OSP_FINE) {
        return;
    }
    CHECK(size <= OSP_INFO_MAX_BYTES && view.major == 1 && view.boot_id != 0);
    check_text(bytes, size, view.serial);
    check_text(bytes, size, view.model);
    check_text(bytes, size, view.firmware);
    CHECK(view.rate_count > 0 && view.acc_range_count > 0 && view.gyr_range_count > 0);
    for (uint8_t i = 0; i < view.rate_count; i++) {
        CHECK(osp_info_rate_mhz(&view, i) > 0);
    }
    for (uint8_t i = 0; i < view.acc_range_count; i++) {
        uint32_t bits = osp_info_acc_range(&view, i).g_per_count_f32;
        float scale;
        memcpy(&scale, &bits, 4);
        CHECK(scale > 0 && scale <= 3.4028235e38f);
    }
    for (uint8_t i = 0; i < view.gyr_range_count; i++) {
        uint32_t bits = osp_info_gyr_range(&view, i).dps_per_count_f32;
        float scale;
        memcpy(&scale, &bits, 4);
        CHECK(scale > 0 && scale <= 3.4028235e38f);
    }
}
#else
enum { DEPTH_MAX = 64 };

static const uint32_t rates_mhz[] = {500, 104000, 208000, 6660000};
static const struct osp_acc_range acc_ranges[] = {{16, 0x39FFDA40}};
static const struct osp_gyr_range gyr_ranges[] = {{2000, 0x3D8F5C29}};
static bool silent;
static bool imu_runs;

static bool start_imu(void *context, uint32_t rate_mhz, uint8_t acc_g, uint16_t gyr_dps)
{
    (void)context;
    CHECK(!imu_runs && rate_mhz > 0 && acc_g == 16 && gyr_dps == 2000);
    imu_runs = !silent;
    return imu_runs;
}
static void stop_imu(void *context)
{
    (void)context;
    CHECK(imu_runs);
    imu_runs = false;
}
static void identify(void *context, uint8_t seconds) { (void)context, (void)seconds; }
static void store_label(void *context, struct osp_label label)
{
    (void)context;
    CHECK(label.side <= 2 && label.placement <= 3);
}
static uint8_t self_test(void *context)
{
    (void)context;
    CHECK(!imu_runs);
    return 3;
}
static void leave(void *context)
{
    (void)context;
    CHECK(!imu_runs);
}
static bool allows(void *context, uint8_t op) { return (void)context, op != 7; }

static const struct osp_board board = {NULL,      start_imu, stop_imu, identify, store_label,
                                       self_test, leave,     leave,    allows};

struct run {
    const uint8_t *bytes;
    size_t left;
    uint64_t now_us;
    uint16_t mtu;
    bool jumps;
    bool live_seen;
    uint32_t live_end;
    struct osp_range accepted;
    bool resends;
    uint32_t backfill_end;
    uint32_t backfilled;
};

static uint8_t take(struct run *run)
{
    if (run->left == 0) {
        return 0;
    }
    run->left--;
    return *run->bytes++;
}

static void counts_of(uint32_t sequence, int16_t counts[6])
{
    for (uint32_t axis = 0; axis < 6; axis++) {
        counts[axis] = (int16_t)((int32_t)((sequence * 7919u + axis * 104729u) % 65536u) - 32768);
    }
}

static void check_packet(struct run *run, enum osp_channel channel, const uint8_t *out, size_t size)
{
    struct osp_packet packet;
    CHECK(osp_packet_decode(out, size, &packet) == OSP_FINE);
    CHECK(packet.kind == (channel == OSP_CHANNEL_LIVE ? OSP_KIND_LIVE : OSP_KIND_BACKFILL));
    for (uint8_t i = 0; i < packet.count; i++) {
        int16_t counts[6];
        int16_t truth[6];
        osp_packet_sample(&packet, i, counts);
        counts_of(packet.first_sequence + i, truth);
        CHECK(memcmp(counts, truth, sizeof truth) == 0);
    }
    if (channel == OSP_CHANNEL_LIVE) {
        CHECK(run->jumps || !run->live_seen || packet.first_sequence - run->live_end < 0x80000000u);
        run->live_seen = true;
        run->live_end = packet.first_sequence + packet.count;
    } else {
        uint32_t at = packet.first_sequence - run->accepted.first_sequence;
        CHECK(run->resends);
        CHECK(at >= run->backfill_end && at + packet.count <= run->accepted.count_samples);
        run->backfill_end = at + packet.count;
        run->backfilled += packet.count;
    }
}

static void check_control(struct run *run, const uint8_t *out, size_t size)
{
    struct osp_done done;
    struct osp_reply reply;
    CHECK(size <= OSP_CONTROL_MAX_BYTES);
    if (size == OSP_DONE_BYTES && osp_done_decode(out, size, &done) == OSP_FINE) {
        CHECK(run->resends && done.sent_samples == run->backfilled);
        CHECK(done.accepted.first_sequence == run->accepted.first_sequence);
        CHECK(done.accepted.count_samples == run->accepted.count_samples);
        run->resends = false;
    } else if (out[0] == 0x83 && osp_reply_decode(out, size, &reply) == OSP_FINE &&
               reply.result == OSP_OK) {
        run->resends = true;
        run->accepted = reply.body.resend;
        run->backfill_end = 0;
        run->backfilled = 0;
    }
}

static void fetch(struct run *run, struct osp_sensor *sensor, uint32_t limit)
{
    for (uint32_t calls = 0; calls < limit; calls++) {
        uint8_t out[OSP_VALUE_MAX_BYTES];
        size_t size;
        enum osp_channel channel = osp_sensor_next(sensor, run->now_us, out, &size);
        CHECK(calls < 3 * DEPTH_MAX + 8);
        if (channel == OSP_CHANNEL_NONE) {
            CHECK(size == 0 && osp_sensor_wanted_at_us(sensor) > run->now_us);
            return;
        }
        CHECK(size > 0 && size <= (size_t)run->mtu - 3 && size <= OSP_VALUE_MAX_BYTES);
        if (channel == OSP_CHANNEL_LIVE || channel == OSP_CHANNEL_BACKFILL) {
            check_packet(run, channel, out, size);
        } else if (channel == OSP_CHANNEL_CONTROL) {
            check_control(run, out, size);
        } else {
            struct osp_status status;
            CHECK(channel == OSP_CHANNEL_STATUS);
            CHECK(osp_status_decode(out, size, &status) == OSP_FINE);
        }
    }
}

static void write_bytes(struct run *run, struct osp_sensor *sensor)
{
    static const uint8_t seeds[][16] = {
        {1, 0, 0x80, 0x2C, 3, 0, 16, 0xD0, 7, 1, 0, 0, 0, 2, 0, 3}, {2}, {3, 0, 0, 0, 0, 0, 9}, {4},
        {5}, {6, 0, 1}, {7, 0, 1, 1}, {8}, {9, 0, 0x52, 0x53, 0x45, 0x54}, {10}};
    uint8_t value[24] = {0};
    uint8_t op = take(run);
    size_t size = take(run);
    if (op < 240) {
        uint8_t at = (uint8_t)(take(run) % 20);
        uint32_t base = sensor->ring->next_sequence - take(run) % 80u;
        memcpy(value, seeds[op % 10], 16);
        if (op % 10 == 2 || op % 10 == 3) {
            osp_put(value + 2, base, 4);
        }
        if ((op & 0x40) != 0) {
            value[at] = take(run);
        }
        size = osp_request_bytes(value[0]);
        size = size == 0 ? 2 : size;
    } else {
        size %= sizeof value;
        for (size_t i = 0; i < size; i++) {
            value[i] = take(run);
        }
    }
    osp_sensor_write(sensor, value, size, run->now_us);
}

static void feed(struct run *run, struct osp_sensor *sensor)
{
    uint8_t count = take(run);
    uint32_t period_us = take(run) * 100u;
    count = (uint8_t)((count & 0xC0) == 0xC0 ? count % 40 : count % 6);
    for (uint32_t i = 0; i < count; i++) {
        int16_t counts[6];
        counts_of(sensor->ring->next_sequence + sensor->skip_samples, counts);
        run->now_us += period_us;
        osp_sensor_sample(sensor, counts, run->now_us);
    }
}

static void step(struct run *run, struct osp_sensor *sensor)
{
    uint8_t what = take(run);
    uint8_t more = (uint8_t)(what >> 4);
    uint8_t out[OSP_INFO_MAX_BYTES];
    size_t size;
    switch (what % 16) {
    case 0:
        osp_sensor_connected(sensor, run->now_us);
        run->mtu = 23;
        run->live_seen = false;
        run->resends = false;
        if (more < 12) {
            osp_sensor_set_encrypted(sensor, true);
            for (int channel = 1; channel <= 5; channel++) {
                osp_sensor_enable(sensor, (enum osp_channel)channel, true, run->now_us);
            }
        }
        break;
    case 1:
        run->mtu = (uint16_t)(23 + take(run) * more);
        osp_sensor_set_mtu(sensor, run->mtu);
        break;
    case 2:
        osp_sensor_set_encrypted(sensor, more > 2);
        break;
    case 3:
        osp_sensor_enable(sensor, (enum osp_channel)(more % 6), take(run) % 2 == 0, run->now_us);
        if (!(sensor->enabled_channels >> OSP_CHANNEL_LIVE & 1u)) {
            run->live_seen = false;
        }
        break;
    case 4:
        osp_sensor_disconnected(sensor, run->now_us);
        break;
    case 5:
    case 6:
        feed(run, sensor);
        break;
    case 7:
        run->jumps = run->jumps || more == 15; /* over half of all numbers: no order is left */
        osp_sensor_overrun(sensor, more == 15 ? 0xFFFFFFFFu : (uint32_t)more * take(run));
        break;
    case 8:
        osp_sensor_battery(sensor, more, more == 1, more == 2, more == 3);
        break;
    case 9:
        osp_sensor_confirmed(sensor, run->now_us);
        break;
    case 10:
        osp_sensor_read(sensor, (enum osp_channel)(more % 6), run->now_us, out, &size);
        CHECK(size <= OSP_INFO_MAX_BYTES);
        break;
    case 11:
        run->now_us += (uint64_t)take(run) << more;
        break;
    case 12:
        silent = more == 3;
        break;
    case 13:
        fetch(run, sensor, more == 0 ? 1 : 1000);
        break;
    default:
        write_bytes(run, sensor);
        break;
    }
}

static void run(const uint8_t *bytes, size_t size)
{
    static int16_t counts[DEPTH_MAX][6];
    static uint16_t t100us[DEPTH_MAX];
    static uint8_t marks[OSP_RING_MARK_BYTES(DEPTH_MAX)];
    struct osp_sensor sensor;
    struct osp_ring ring;
    struct osp_info info;
    struct run state = {bytes, size, 1, 23, false, false, 0, {0, 0}, false, 0, 0};
    uint32_t depth = take(&state) % DEPTH_MAX + 1u;
    memset(&info, 0, sizeof info);
    info.serial = info.model = info.firmware = "x";
    info.rates_mhz = rates_mhz, info.rates = 4;
    info.acc_ranges = acc_ranges, info.acc_range_count = 1;
    info.gyr_ranges = gyr_ranges, info.gyr_range_count = 1;
    info.boot_id = 1, info.capabilities = 12;
    imu_runs = false, silent = false;
    osp_ring_init(&ring, counts, t100us, marks, depth, 0u - take(&state));
    osp_sensor_init(&sensor, &info, &board, &ring);
    while (state.left > 0) {
        step(&state, &sensor);
        CHECK(ring.span_samples <= depth && ring.next_slot < depth);
        CHECK(sensor.measuring == imu_runs);
        CHECK(ring.span_samples == 0 || (osp_ring_holds(&ring, osp_ring_oldest(&ring)) &&
                                         osp_ring_holds(&ring, ring.next_sequence - 1)));
        CHECK(ring.next_sequence - sensor.live_sequence <= ring.span_samples);
        CHECK(ring.next_sequence - sensor.acknowledged_sequence <= OSP_RING_DEPTH_MAX);
    }
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    run(bytes, size);
    return 0;
}

#ifdef OWN_LOOP
static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % below;
}

int main(int argc, char **argv)
{
    static const uint8_t first[] = {0x11, 0x12, 0x84, 1, 3, 4, 0x83, 0x85, 0xC3, 0x81};
    uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    random_state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 0x9E3779B97F4A7C15u | 1u;
    while (runs-- > 0) {
        static const uint32_t sizes[] = {20, 16, 10, 6, 2, 32, 56, 236, 244, 512};
        size_t size = draw(2) ? sizes[draw(10)] : draw(300);
        uint8_t *bytes = malloc(size + 1);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)(draw(3) ? draw(256) : draw(20));
        }
        bytes[0] = draw(3) ? first[draw(10)] : bytes[0];
        if (size >= 20 && draw(2)) {
            bytes[1] = (uint8_t)((size - 8) / 12);
        }
        run(bytes, size);
        free(bytes);
    }
    return 0;
}
#endif

#include "open_sensor.h"

static bool is_on(const struct osp_sensor *sensor, enum osp_channel channel)
{
    return (sensor->enabled_channels >> channel & 1u) != 0;
}

static void set_flag(struct osp_sensor *sensor, uint8_t flag, bool on)
{
    sensor->flags = (uint8_t)(on ? sensor->flags | flag : sensor->flags & ~flag);
}

/* `a` is before `b`, modulo 2^32. */
static bool is_before(uint32_t a, uint32_t b)
{
    return a != b && b - a < UINT32_C(0x80000000);
}

static void reset_link(struct osp_sensor *sensor)
{
    sensor->connected = false;
    sensor->encrypted = false;
    sensor->mtu = OSP_MTU_MIN;
    sensor->enabled_channels = 0;
    sensor->status_waits = false;
    sensor->live_sequence = sensor->ring->next_sequence;
    sensor->reply_state = OSP_REPLY_NONE;
    sensor->done_sent = false;
    sensor->resend.running = false;
}

void osp_sensor_init(struct osp_sensor *sensor, struct osp_info *info,
                     const struct osp_board *board, struct osp_ring *ring)
{
    sensor->info = info;
    sensor->board = board;
    sensor->ring = ring;
    sensor->info->ring_depth_samples = ring->depth_samples;
    sensor->info->stream.session = 0;
    sensor->session.rate_mhz = 0;
    sensor->session.keep_s = 0;
    sensor->session.live_batch_samples = 0;
    sensor->measuring = false;
    sensor->session_has_samples = false;
    sensor->break_waits = false;
    sensor->any_sample = false;
    sensor->newest_us = 0;
    sensor->skip_samples = 0;
    sensor->lost_samples = 0;
    sensor->acknowledged_sequence = ring->next_sequence;
    sensor->flags = 0;
    sensor->battery_percent = OSP_BATTERY_UNKNOWN;
    sensor->disconnected_us = 0;
    sensor->status_at_us = 0;
    sensor->leaving_op = 0;
    sensor->identifying = false;
    sensor->identify_until_us = 0;
    reset_link(sensor);
}

/* ---- measuring ------------------------------------------------------------------------------ */

static void stop_measuring(struct osp_sensor *sensor)
{
    sensor->measuring = false;
    sensor->status_waits = true;
    sensor->board->stop_imu(sensor->board->context);
}

static uint64_t keep_until_us(const struct osp_sensor *sensor)
{
    if (!sensor->measuring || sensor->connected || sensor->session.keep_s == 0) {
        return OSP_NEVER_US;
    }
    return sensor->disconnected_us + (uint64_t)sensor->session.keep_s * 1000000u;
}

/* What ends by itself. */
static void expire(struct osp_sensor *sensor, uint64_t now_us)
{
    if (now_us >= keep_until_us(sensor)) {
        stop_measuring(sensor);
    }
    if (sensor->identifying && now_us >= sensor->identify_until_us) {
        sensor->identifying = false;
        sensor->board->identify(sensor->board->context, 0);
    }
}

static uint8_t live_batch(const struct osp_sensor *sensor)
{
    uint8_t fit = osp_samples_that_fit(sensor->mtu);
    uint8_t batch = sensor->session.live_batch_samples;
    return batch == 0 || batch > fit ? fit : batch;
}

/* A link that is too slow for live loses packets, oldest first; the ring keeps the samples. */
static void trim_live(struct osp_sensor *sensor)
{
    uint32_t most = sensor->session.rate_mhz / (1000000u / OSP_LIVE_BACKLOG_MAX_MS);
    const struct osp_ring *ring = sensor->ring;
    if (!is_on(sensor, OSP_CHANNEL_LIVE)) {
        sensor->live_sequence = ring->next_sequence;
        return;
    }
    most = most == 0 ? 1 : most;
    sensor->live_sequence = osp_ring_seek(ring, sensor->live_sequence);
    while (ring->next_sequence - sensor->live_sequence > most) {
        sensor->live_sequence += osp_ring_run(ring, sensor->live_sequence, live_batch(sensor));
        sensor->live_sequence = osp_ring_seek(ring, sensor->live_sequence);
    }
}

/* Do two consecutive samples lie off one period by more than half of it? */
static bool is_time_step(const struct osp_sensor *sensor, uint64_t time_us)
{
    uint64_t step_us = time_us - sensor->newest_us;
    uint64_t periods_e9;
    if (time_us < sensor->newest_us || step_us > UINT32_MAX) {
        return true;
    }
    periods_e9 = step_us * sensor->session.rate_mhz;
    return periods_e9 < 500000000u || periods_e9 > 1500000000u;
}

static void note_clipping(struct osp_sensor *sensor, const int16_t counts[OSP_SAMPLE_AXES])
{
    for (size_t axis = 0; axis < OSP_SAMPLE_AXES; axis++) {
        if (counts[axis] == OSP_COUNT_FULL_LOW || counts[axis] == OSP_COUNT_FULL_HIGH) {
            set_flag(sensor, axis < 3 ? OSP_FLAG_ACC_CLIPPED : OSP_FLAG_GYR_CLIPPED, true);
        }
    }
}

void osp_sensor_sample(struct osp_sensor *sensor, const int16_t counts[OSP_SAMPLE_AXES],
                       uint64_t time_us)
{
    struct osp_ring *ring = sensor->ring;
    bool begins = sensor->break_waits || !sensor->session_has_samples;
    if (!sensor->measuring) {
        return;
    }
    if (sensor->session_has_samples && sensor->skip_samples == 0 && is_time_step(sensor, time_us)) {
        set_flag(sensor, OSP_FLAG_TIME_STEP, true);
        begins = true;
    }
    note_clipping(sensor, counts);
    if (osp_ring_put(ring, counts, osp_t100us(time_us), sensor->skip_samples, begins) > 0 &&
        is_before(sensor->acknowledged_sequence, ring->overwritten_before_sequence)) {
        set_flag(sensor, OSP_FLAG_UNACKNOWLEDGED_OVERWRITTEN, true);
    }
    if (ring->next_sequence - sensor->acknowledged_sequence > OSP_RING_DEPTH_MAX) {
        sensor->acknowledged_sequence = ring->next_sequence - OSP_RING_DEPTH_MAX;
    }
    sensor->newest_us = time_us;
    sensor->any_sample = true;
    sensor->session_has_samples = true;
    sensor->break_waits = false;
    sensor->skip_samples = 0;
    trim_live(sensor);
}

void osp_sensor_overrun(struct osp_sensor *sensor, uint32_t lost_samples)
{
    uint32_t least = lost_samples == 0 ? 1 : lost_samples;
    uint32_t room = (uint32_t)OSP_LOST_MAX - sensor->lost_samples;
    if (!sensor->measuring) {
        return;
    }
    set_flag(sensor, OSP_FLAG_FIFO_OVERRUN, true);
    sensor->lost_samples = (uint16_t)(sensor->lost_samples + (least < room ? least : room));
    sensor->break_waits = true;
    room = OSP_RING_DEPTH_MAX - sensor->skip_samples;
    sensor->skip_samples += lost_samples < room ? lost_samples : room;
}

void osp_sensor_battery(struct osp_sensor *sensor, uint8_t percent, bool low, bool charging,
                        bool critical)
{
    sensor->battery_percent = percent;
    set_flag(sensor, OSP_FLAG_BATTERY_LOW, low || critical);
    set_flag(sensor, OSP_FLAG_CHARGING, charging);
    if (critical && sensor->measuring) {
        stop_measuring(sensor);
    }
}

/* ---- control point -------------------------------------------------------------------------- */

static void reply_invalid(struct osp_sensor *sensor, uint8_t offset)
{
    sensor->reply.result = OSP_INVALID;
    sensor->reply.body.invalid_offset = offset;
}

/* Offset of the first field of a START that is not allowed; 0: none. */
static uint8_t start_fault(const struct osp_sensor *sensor, const struct osp_start *start)
{
    const struct osp_info *info = sensor->info;
    bool rate = false;
    bool acc = false;
    bool gyr = false;
    for (size_t i = 0; i < info->rates; i++) {
        rate = rate || info->rates_mhz[i] == start->rate_mhz;
    }
    for (size_t i = 0; i < info->acc_range_count; i++) {
        acc = acc || info->acc_ranges[i].range_g == start->acc_range_g;
    }
    for (size_t i = 0; i < info->gyr_range_count; i++) {
        gyr = gyr || info->gyr_ranges[i].range_dps == start->gyr_range_dps;
    }
    if (!rate) {
        return OSP_START_RATE_OFFSET;
    }
    if (!acc) {
        return OSP_START_ACC_RANGE_OFFSET;
    }
    if (!gyr) {
        return OSP_START_GYR_RANGE_OFFSET;
    }
    return start->session == 0 ? OSP_START_SESSION_OFFSET : 0;
}

static bool begin_session(struct osp_sensor *sensor, const struct osp_start *start)
{
    struct osp_info_stream *stream = &sensor->info->stream;
    if (!sensor->board->start_imu(sensor->board->context, start->rate_mhz, start->acc_range_g,
                                 start->gyr_range_dps)) {
        return false;
    }
    stream->session = start->session;
    stream->rate_mhz = start->rate_mhz;
    stream->acc_range_g = start->acc_range_g;
    stream->gyr_range_dps = start->gyr_range_dps;
    stream->first_sequence = sensor->ring->next_sequence;
    sensor->measuring = true;
    sensor->session_has_samples = false;
    sensor->break_waits = false;
    sensor->skip_samples = 0;
    set_flag(sensor, OSP_FLAG_UNACKNOWLEDGED_OVERWRITTEN, false);
    return true;
}

static void on_start(struct osp_sensor *sensor, const struct osp_start *start, uint64_t now_us)
{
    const struct osp_start *runs = &sensor->session;
    struct osp_reply *reply = &sensor->reply;
    uint8_t fault = start_fault(sensor, start);
    if (sensor->measuring) {
        if (start->session != runs->session || start->rate_mhz != runs->rate_mhz ||
            start->acc_range_g != runs->acc_range_g ||
            start->gyr_range_dps != runs->gyr_range_dps) {
            reply->result = OSP_IN_USE;
            reply->body.in_use_session = runs->session;
            return;
        }
    } else if (fault != 0) {
        reply_invalid(sensor, fault);
        return;
    } else if ((sensor->flags & OSP_FLAG_BATTERY_LOW) != 0) {
        reply->result = OSP_LOW_BATTERY;
        return;
    } else if (!begin_session(sensor, start)) {
        reply->result = OSP_FAULT;
        return;
    }
    sensor->session = *start;
    sensor->status_waits = true;
    reply->body.start.first_sequence = sensor->info->stream.first_sequence;
    reply->body.start.time_us = now_us;
}

static void on_resend(struct osp_sensor *sensor, struct osp_range range, uint8_t tag)
{
    struct osp_resend *resend = &sensor->resend;
    struct osp_reply *reply = &sensor->reply;
    if (range.count_samples == 0 || range.count_samples > OSP_RESEND_COUNT_MAX) {
        reply_invalid(sensor, OSP_RESEND_COUNT_OFFSET);
    } else if (!is_on(sensor, OSP_CHANNEL_BACKFILL)) {
        reply->result = OSP_STATE;
    } else if (resend->running) {
        reply->result = OSP_BUSY;
    } else if (!osp_ring_part(sensor->ring, &range)) {
        reply->result = OSP_NOT_HELD;
        reply->body.not_held.oldest_sequence = osp_ring_oldest(sensor->ring);
        reply->body.not_held.next_sequence = sensor->ring->next_sequence;
    } else {
        resend->running = true;
        resend->tag = tag;
        resend->accepted = range;
        resend->next_sequence = range.first_sequence;
        resend->left_samples = range.count_samples;
        resend->sent_samples = 0;
        resend->overwritten = false;
        reply->body.resend = range;
    }
}

static void on_ack(struct osp_sensor *sensor, uint32_t sequence)
{
    uint32_t open = sensor->ring->next_sequence - sensor->acknowledged_sequence;
    if (sequence - sensor->acknowledged_sequence > open) {
        reply_invalid(sensor, OSP_ACK_SEQUENCE_OFFSET);
        return;
    }
    sensor->acknowledged_sequence = sequence;
    sensor->reply.body.ack_oldest_sequence = osp_ring_oldest(sensor->ring);
}

static void on_identify(struct osp_sensor *sensor, uint8_t seconds, uint64_t now_us)
{
    if ((sensor->info->capabilities & OSP_CAN_IDENTIFY) == 0) {
        sensor->reply.result = OSP_UNSUPPORTED;
        return;
    }
    sensor->identifying = seconds > 0;
    sensor->identify_until_us = now_us + (uint64_t)seconds * 1000000u;
    sensor->board->identify(sensor->board->context, seconds);
}

static void store_label(struct osp_sensor *sensor, struct osp_label label)
{
    sensor->info->label = label;
    sensor->board->store_label(sensor->board->context, label);
}

static void on_label(struct osp_sensor *sensor, struct osp_label label)
{
    if (label.side > OSP_SIDE_RIGHT) {
        reply_invalid(sensor, OSP_LABEL_SIDE_OFFSET);
    } else if (label.placement > OSP_PLACEMENT_LUMBAR) {
        reply_invalid(sensor, OSP_LABEL_PLACEMENT_OFFSET);
    } else {
        store_label(sensor, label);
    }
}

static void on_self_test(struct osp_sensor *sensor)
{
    if ((sensor->info->capabilities & OSP_CAN_SELF_TEST) == 0) {
        sensor->reply.result = OSP_UNSUPPORTED;
    } else if (sensor->measuring) {
        sensor->reply.result = OSP_STATE;
    } else {
        sensor->reply.body.self_test_faults = sensor->board->self_test(sensor->board->context);
    }
}

static void on_leave(struct osp_sensor *sensor, const struct osp_request *request)
{
    if (request->op == OSP_OP_FACTORY_RESET &&
        request->body.factory_reset_magic != OSP_FACTORY_RESET_MAGIC) {
        reply_invalid(sensor, OSP_FACTORY_RESET_MAGIC_OFFSET);
    } else if (sensor->measuring) {
        sensor->reply.result = OSP_STATE;
    } else {
        sensor->leaving_op = request->op;
    }
}

static void serve(struct osp_sensor *sensor, const struct osp_request *request, uint64_t now_us)
{
    switch (request->op) {
    case OSP_OP_START:
        on_start(sensor, &request->body.start, now_us);
        break;
    case OSP_OP_STOP:
        if (sensor->measuring) {
            stop_measuring(sensor);
        }
        sensor->status_waits = true;
        sensor->reply.body.stop_next_sequence = sensor->ring->next_sequence;
        break;
    case OSP_OP_RESEND:
        on_resend(sensor, request->body.resend, request->tag);
        break;
    case OSP_OP_ACK:
        on_ack(sensor, request->body.ack_sequence);
        break;
    case OSP_OP_TIME:
        sensor->reply.body.time.received_us = now_us;
        break;
    case OSP_OP_IDENTIFY:
        on_identify(sensor, request->body.identify_s, now_us);
        break;
    case OSP_OP_LABEL:
        on_label(sensor, request->body.label);
        break;
    case OSP_OP_SELF_TEST:
        on_self_test(sensor);
        break;
    default:
        on_leave(sensor, request);
        break;
    }
}

uint8_t osp_sensor_write(struct osp_sensor *sensor, const uint8_t *bytes, size_t size,
                         uint64_t now_us)
{
    struct osp_request request;
    enum osp_fault fault;
    expire(sensor, now_us);
    if (!sensor->connected || !sensor->encrypted) {
        return OSP_ATT_NOT_ENCRYPTED;
    }
    if (size < OSP_CONTROL_MIN_BYTES || size > OSP_CONTROL_MAX_BYTES) {
        return OSP_ATT_LENGTH;
    }
    if (!is_on(sensor, OSP_CHANNEL_CONTROL)) {
        return OSP_ATT_INDICATIONS_OFF;
    }
    if (sensor->reply_state != OSP_REPLY_NONE || sensor->leaving_op != 0) {
        return OSP_ATT_NOT_CONFIRMED;
    }
    fault = osp_request_decode(bytes, size, &request);
    sensor->reply.op = request.op;
    sensor->reply.tag = request.tag;
    sensor->reply.result = OSP_OK;
    sensor->reply_state = OSP_REPLY_WAITS;
    if (fault == OSP_UNKNOWN) {
        sensor->reply.result = OSP_UNSUPPORTED;
    } else if (fault != OSP_FINE) {
        reply_invalid(sensor, osp_request_bytes(request.op));
    } else if (sensor->board->allows != NULL &&
               !sensor->board->allows(sensor->board->context, request.op)) {
        sensor->reply.result = OSP_DENIED;
    } else {
        serve(sensor, &request, now_us);
    }
    return OSP_ATT_FINE;
}

/* ---- link ----------------------------------------------------------------------------------- */

static void leave(struct osp_sensor *sensor)
{
    uint8_t op = sensor->leaving_op;
    sensor->leaving_op = 0;
    if (op == OSP_OP_FACTORY_RESET) {
        struct osp_label none = {OSP_SIDE_NONE, OSP_PLACEMENT_NONE};
        store_label(sensor, none);
        sensor->board->factory_reset(sensor->board->context);
    } else if (op == OSP_OP_SLEEP) {
        sensor->board->sleep(sensor->board->context);
    }
}

void osp_sensor_disconnected(struct osp_sensor *sensor, uint64_t now_us)
{
    if (sensor->connected) {
        reset_link(sensor);
        sensor->disconnected_us = now_us;
        leave(sensor);
    }
}

void osp_sensor_connected(struct osp_sensor *sensor, uint64_t now_us)
{
    osp_sensor_disconnected(sensor, now_us); /* one link at a time */
    expire(sensor, now_us);
    reset_link(sensor);
    sensor->connected = true;
}

void osp_sensor_set_mtu(struct osp_sensor *sensor, uint16_t mtu)
{
    sensor->mtu = mtu < OSP_MTU_MIN ? (uint16_t)OSP_MTU_MIN : mtu;
}

void osp_sensor_set_encrypted(struct osp_sensor *sensor, bool encrypted)
{
    sensor->encrypted = encrypted && sensor->connected;
}

uint8_t osp_sensor_enable(struct osp_sensor *sensor, enum osp_channel channel, bool on,
                          uint64_t now_us)
{
    uint8_t bit = (uint8_t)(1u << channel);
    if (channel == OSP_CHANNEL_NONE || channel == OSP_CHANNEL_INFO) {
        return OSP_ATT_WRITE_NOT_PERMITTED;
    }
    if (!sensor->connected || !sensor->encrypted) {
        return OSP_ATT_NOT_ENCRYPTED;
    }
    if (on == is_on(sensor, channel)) {
        return OSP_ATT_FINE;
    }
    sensor->enabled_channels = (uint8_t)(on ? sensor->enabled_channels | bit
                                            : sensor->enabled_channels & ~bit);
    if (channel == OSP_CHANNEL_LIVE) {
        sensor->live_sequence = sensor->ring->next_sequence;
    } else if (channel == OSP_CHANNEL_STATUS) {
        sensor->status_waits = on;
        sensor->status_at_us = now_us;
    } else if (channel == OSP_CHANNEL_BACKFILL && !on) {
        sensor->resend.running = false;
    } else if (channel == OSP_CHANNEL_CONTROL && !on) {
        sensor->reply_state = OSP_REPLY_NONE;
        sensor->done_sent = false;
        sensor->resend.running = false;
    }
    return OSP_ATT_FINE;
}

void osp_sensor_confirmed(struct osp_sensor *sensor, uint64_t now_us)
{
    expire(sensor, now_us);
    if (sensor->done_sent) {
        sensor->done_sent = false;
    } else if (sensor->reply_state == OSP_REPLY_SENT) {
        sensor->reply_state = OSP_REPLY_NONE;
        leave(sensor);
    }
}

static void fill_status(const struct osp_sensor *sensor, uint64_t now_us,
                        uint8_t out[OSP_STATUS_BYTES])
{
    struct osp_status status;
    status.next_sequence = sensor->ring->next_sequence;
    status.oldest_sequence = osp_ring_oldest(sensor->ring);
    status.time_us = sensor->any_sample ? sensor->newest_us : now_us;
    status.boot = (uint16_t)sensor->info->boot_id;
    status.battery_percent = sensor->battery_percent;
    status.flags = (uint8_t)(sensor->flags | (sensor->measuring ? OSP_FLAG_MEASURING : 0));
    status.lost_samples = sensor->lost_samples;
    osp_status_encode(&status, out);
}

uint8_t osp_sensor_read(struct osp_sensor *sensor, enum osp_channel channel, uint64_t now_us,
                        uint8_t out[OSP_INFO_MAX_BYTES], size_t *size)
{
    *size = 0;
    expire(sensor, now_us);
    if (channel != OSP_CHANNEL_INFO && channel != OSP_CHANNEL_STATUS) {
        return OSP_ATT_READ_NOT_PERMITTED;
    }
    if (!sensor->connected || !sensor->encrypted) {
        return OSP_ATT_NOT_ENCRYPTED;
    }
    if (channel == OSP_CHANNEL_INFO) {
        *size = osp_info_encode(sensor->info, out);
    } else {
        fill_status(sensor, now_us, out);
        *size = OSP_STATUS_BYTES;
    }
    return OSP_ATT_FINE;
}

/* ---- what is to be sent --------------------------------------------------------------------- */

static uint32_t remainder_of_100us(uint64_t time_us)
{
    uint32_t rest = 0;
    for (uint8_t digit = 4; digit > 0; digit--) {
        rest = (rest << 16 | (uint32_t)(time_us >> (digit - 1u) * 16u & 0xFFFFu)) % 100u;
    }
    return rest;
}

/* Clock of the first sample that waits for live, rounded down to 100 us. With at most 1 s waiting and
 * no break in between, it lies less than 6.5 s before the newest. */
static uint64_t live_first_us(const struct osp_sensor *sensor)
{
    int16_t counts[OSP_SAMPLE_AXES];
    uint16_t t100us;
    uint16_t behind_100us;
    osp_ring_read(sensor->ring, sensor->live_sequence, counts, &t100us);
    behind_100us = (uint16_t)(osp_t100us(sensor->newest_us) - t100us);
    return sensor->newest_us - remainder_of_100us(sensor->newest_us) - behind_100us * UINT64_C(100);
}

/* When the packet that waits for live must go; 0: it is whole. */
static uint64_t live_at_us(const struct osp_sensor *sensor)
{
    const struct osp_ring *ring = sensor->ring;
    uint8_t most = live_batch(sensor);
    uint8_t run;
    if (!is_on(sensor, OSP_CHANNEL_LIVE) || sensor->live_sequence == ring->next_sequence) {
        return OSP_NEVER_US;
    }
    run = osp_ring_run(ring, sensor->live_sequence, most);
    if (run == most || sensor->live_sequence + run != ring->next_sequence || !sensor->measuring) {
        return 0;
    }
    return live_first_us(sensor) + OSP_LIVE_WAIT_MAX_US;
}

/* Goes past numbers that cannot be sent any more; true: something of the range can. */
static bool settle_resend(struct osp_sensor *sensor)
{
    struct osp_resend *resend = &sensor->resend;
    uint32_t passed;
    if (resend->left_samples == 0) {
        return false;
    }
    if (is_before(resend->next_sequence, sensor->ring->overwritten_before_sequence)) {
        resend->overwritten = true;
    }
    passed = osp_ring_seek(sensor->ring, resend->next_sequence) - resend->next_sequence;
    passed = passed > resend->left_samples ? resend->left_samples : passed;
    resend->next_sequence += passed;
    resend->left_samples -= passed;
    return resend->left_samples > 0;
}

static bool resend_runs(const struct osp_sensor *sensor)
{
    return sensor->resend.running &&
           (sensor->reply_state != OSP_REPLY_WAITS || sensor->reply.op != OSP_OP_RESEND);
}

static size_t take_reply(struct osp_sensor *sensor, uint64_t now_us, uint8_t *out)
{
    sensor->reply_state = OSP_REPLY_SENT;
    if (sensor->reply.op == OSP_OP_TIME && sensor->reply.result == OSP_OK) {
        sensor->reply.body.time.sent_us = now_us;
    }
    return osp_reply_encode(&sensor->reply, out);
}

static size_t take_done(struct osp_sensor *sensor, uint8_t *out)
{
    struct osp_resend *resend = &sensor->resend;
    struct osp_done done;
    done.tag = resend->tag;
    done.result = resend->overwritten ? OSP_NOT_HELD : OSP_OK;
    done.accepted = resend->accepted;
    done.sent_samples = resend->sent_samples;
    resend->running = false;
    sensor->done_sent = true;
    return osp_done_encode(&done, out);
}

static size_t take_status(struct osp_sensor *sensor, uint64_t now_us, uint8_t *out)
{
    fill_status(sensor, now_us, out);
    set_flag(sensor,
             OSP_FLAG_ACC_CLIPPED | OSP_FLAG_GYR_CLIPPED | OSP_FLAG_FIFO_OVERRUN |
                 OSP_FLAG_TIME_STEP,
             false);
    sensor->status_waits = false;
    sensor->status_at_us = now_us + OSP_STATUS_PERIOD_US;
    return OSP_STATUS_BYTES;
}

static size_t take_live(struct osp_sensor *sensor, uint8_t *out)
{
    size_t size = osp_ring_packet(sensor->ring, OSP_KIND_LIVE, sensor->live_sequence,
                                  live_batch(sensor), out);
    sensor->live_sequence += out[OSP_PACKET_COUNT_OFFSET];
    sensor->live_sequence = osp_ring_seek(sensor->ring, sensor->live_sequence);
    return size;
}

static size_t take_backfill(struct osp_sensor *sensor, uint8_t *out)
{
    struct osp_resend *resend = &sensor->resend;
    uint8_t most = osp_samples_that_fit(sensor->mtu);
    size_t size;
    if (most > resend->left_samples) {
        most = (uint8_t)resend->left_samples;
    }
    size = osp_ring_packet(sensor->ring, OSP_KIND_BACKFILL, resend->next_sequence, most, out);
    resend->next_sequence += out[OSP_PACKET_COUNT_OFFSET];
    resend->left_samples -= out[OSP_PACKET_COUNT_OFFSET];
    resend->sent_samples += out[OSP_PACKET_COUNT_OFFSET];
    return size;
}

enum osp_channel osp_sensor_next(struct osp_sensor *sensor, uint64_t now_us,
                                 uint8_t out[OSP_VALUE_MAX_BYTES], size_t *size)
{
    bool can_indicate = is_on(sensor, OSP_CHANNEL_CONTROL) && !sensor->done_sent &&
                        sensor->reply_state != OSP_REPLY_SENT;
    bool resends;
    *size = 0;
    expire(sensor, now_us);
    if (!sensor->connected || !sensor->encrypted) {
        return OSP_CHANNEL_NONE;
    }
    if (can_indicate && sensor->reply_state == OSP_REPLY_WAITS) {
        *size = take_reply(sensor, now_us, out);
        return OSP_CHANNEL_CONTROL;
    }
    resends = resend_runs(sensor);
    if (resends && !settle_resend(sensor)) {
        resends = false;
        if (can_indicate) {
            *size = take_done(sensor, out);
            return OSP_CHANNEL_CONTROL;
        }
    }
    if (is_on(sensor, OSP_CHANNEL_STATUS) &&
        (sensor->status_waits || now_us >= sensor->status_at_us)) {
        *size = take_status(sensor, now_us, out);
        return OSP_CHANNEL_STATUS;
    }
    if (now_us >= live_at_us(sensor)) {
        *size = take_live(sensor, out);
        return OSP_CHANNEL_LIVE;
    }
    if (resends) {
        *size = take_backfill(sensor, out);
        return OSP_CHANNEL_BACKFILL;
    }
    return OSP_CHANNEL_NONE;
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

uint64_t osp_sensor_wanted_at_us(const struct osp_sensor *sensor)
{
    uint64_t at_us = keep_until_us(sensor);
    if (sensor->identifying) {
        at_us = earlier(at_us, sensor->identify_until_us);
    }
    if (!sensor->connected || !sensor->encrypted) {
        return at_us;
    }
    if (sensor->reply_state == OSP_REPLY_WAITS && !sensor->done_sent) {
        return 0;
    }
    if (resend_runs(sensor) && (sensor->resend.left_samples > 0 ||
                                (!sensor->done_sent && sensor->reply_state == OSP_REPLY_NONE))) {
        return 0;
    }
    if (is_on(sensor, OSP_CHANNEL_STATUS)) {
        at_us = earlier(at_us, sensor->status_waits ? 0 : sensor->status_at_us);
    }
    return earlier(at_us, live_at_us(sensor));
}

void osp_sensor_service_data(const struct osp_sensor *sensor, bool pairing_open,
                             uint8_t out[OSP_SERVICE_DATA_BYTES])
{
    out[0] = OSP_MAJOR;
    out[1] = sensor->info->label.side;
    out[2] = sensor->info->label.placement;
    out[3] = sensor->battery_percent;
    out[4] = (uint8_t)((sensor->measuring ? 1 : 0) | (pairing_open ? 2 : 0));
}

#include "open_sensor_packet.h"

void osp_put(uint8_t *out, uint64_t value, uint8_t bytes)
{
    for (uint8_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

uint64_t osp_get(const uint8_t *in, uint8_t bytes)
{
    uint64_t value = 0;
    while (bytes > 0) {
        bytes--;
        value = value << 8 | in[bytes];
    }
    return value;
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)osp_get(in, 4);
}

static uint16_t get_u16(const uint8_t *in)
{
    return (uint16_t)osp_get(in, 2);
}

/* ---- sample packets ------------------------------------------------------------------------- */

uint8_t osp_samples_that_fit(uint16_t mtu)
{
    uint32_t room = mtu < OSP_MTU_MIN ? OSP_MTU_MIN : mtu;
    room -= OSP_ATT_HEADER_BYTES;
    if (room > OSP_VALUE_MAX_BYTES) {
        room = OSP_VALUE_MAX_BYTES;
    }
    room = (room - OSP_PACKET_HEADER_BYTES) / OSP_SAMPLE_BYTES;
    return (uint8_t)(room > OSP_PACKET_SAMPLES_MAX ? OSP_PACKET_SAMPLES_MAX : room);
}

uint16_t osp_t100us(uint64_t time_us)
{
    /* Long division in base 65,536: the last digit of the quotient is what is wanted, and no
     * 64-bit division has to be linked. */
    uint32_t part = 0;
    for (uint8_t digit = 4; digit > 0; digit--) {
        part = (part % 100u) << 16 | (uint32_t)(time_us >> (digit - 1u) * 16u & 0xFFFFu);
    }
    return (uint16_t)(part / 100u);
}

size_t osp_packet_encode(const struct osp_packet *packet, uint8_t out[OSP_PACKET_MAX_BYTES])
{
    size_t samples = (size_t)packet->count * OSP_SAMPLE_BYTES;
    if (packet->count < OSP_PACKET_SAMPLES_MIN || packet->count > OSP_PACKET_SAMPLES_MAX) {
        return 0;
    }
    out[OSP_PACKET_VERSION_KIND_OFFSET] = (uint8_t)(OSP_MAJOR << 4 | (packet->kind & 0x0F));
    out[OSP_PACKET_COUNT_OFFSET] = packet->count;
    osp_put(out + OSP_PACKET_FIRST_SEQUENCE_OFFSET, packet->first_sequence, 4);
    osp_put(out + OSP_PACKET_T100US_OFFSET, packet->t100us, 2);
    for (size_t i = 0; packet->samples != NULL && i < samples; i++) {
        out[OSP_PACKET_HEADER_BYTES + i] = packet->samples[i];
    }
    return OSP_PACKET_HEADER_BYTES + samples;
}

void osp_packet_put_sample(uint8_t *packet, uint8_t index, const int16_t counts[OSP_SAMPLE_AXES])
{
    uint8_t *out = packet + OSP_PACKET_HEADER_BYTES + (size_t)index * OSP_SAMPLE_BYTES;
    for (size_t axis = 0; axis < OSP_SAMPLE_AXES; axis++) {
        osp_put(out + 2 * axis, (uint16_t)counts[axis], 2);
    }
}

static enum osp_fault check_version_kind(uint8_t version_kind)
{
    uint8_t kind = version_kind & 0x0F;
    if (version_kind >> 4 != OSP_MAJOR) {
        return OSP_FAULT_VERSION;
    }
    return kind == OSP_KIND_LIVE || kind == OSP_KIND_BACKFILL ? OSP_FINE : OSP_UNKNOWN;
}

static enum osp_fault check_count(uint8_t count)
{
    return count < OSP_PACKET_SAMPLES_MIN || count > OSP_PACKET_SAMPLES_MAX ? OSP_FAULT_COUNT
                                                                            : OSP_FINE;
}

enum osp_fault osp_packet_decode(const uint8_t *bytes, size_t size, struct osp_packet *packet)
{
    enum osp_fault fault;
    if (size == 0) {
        return OSP_FAULT_LENGTH;
    }
    fault = check_version_kind(bytes[OSP_PACKET_VERSION_KIND_OFFSET]);
    if (fault != OSP_FINE) {
        return fault;
    }
    if (size < OSP_PACKET_HEADER_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    packet->kind = bytes[OSP_PACKET_VERSION_KIND_OFFSET] & 0x0F;
    packet->count = bytes[OSP_PACKET_COUNT_OFFSET];
    packet->first_sequence = get_u32(bytes + OSP_PACKET_FIRST_SEQUENCE_OFFSET);
    packet->t100us = get_u16(bytes + OSP_PACKET_T100US_OFFSET);
    packet->samples = bytes + OSP_PACKET_HEADER_BYTES;
    fault = check_count(packet->count);
    if (fault != OSP_FINE) {
        return fault;
    }
    return size == OSP_PACKET_HEADER_BYTES + (size_t)packet->count * OSP_SAMPLE_BYTES
               ? OSP_FINE
               : OSP_FAULT_LENGTH;
}

void osp_packet_sample(const struct osp_packet *packet, uint8_t index,
                       int16_t counts[OSP_SAMPLE_AXES])
{
    const uint8_t *in = packet->samples + (size_t)index * OSP_SAMPLE_BYTES;
    for (size_t axis = 0; axis < OSP_SAMPLE_AXES; axis++) {
        int32_t count = get_u16(in + 2 * axis);
        counts[axis] = (int16_t)(count > OSP_COUNT_FULL_HIGH ? count - 65536 : count);
    }
}

void osp_stream_init(struct osp_stream *stream)
{
    stream->held_bytes = 0;
}

bool osp_stream_put(struct osp_stream *stream, uint8_t byte, struct osp_packet *packet,
                    enum osp_fault *fault)
{
    size_t held = stream->held_bytes;
    *fault = OSP_FINE;
    if (held == OSP_PACKET_VERSION_KIND_OFFSET) {
        *fault = check_version_kind(byte);
    } else if (held == OSP_PACKET_COUNT_OFFSET) {
        *fault = check_count(byte);
    }
    if (*fault != OSP_FINE) {
        stream->held_bytes = 0;
        return false;
    }
    stream->bytes[held] = byte;
    held++;
    stream->held_bytes = (uint16_t)held;
    if (held < OSP_PACKET_HEADER_BYTES ||
        held < OSP_PACKET_HEADER_BYTES +
                   (size_t)stream->bytes[OSP_PACKET_COUNT_OFFSET] * OSP_SAMPLE_BYTES) {
        return false;
    }
    stream->held_bytes = 0;
    return osp_packet_decode(stream->bytes, held, packet) == OSP_FINE;
}

/* ---- status --------------------------------------------------------------------------------- */

void osp_status_encode(const struct osp_status *status, uint8_t out[OSP_STATUS_BYTES])
{
    osp_put(out, status->next_sequence, 4);
    osp_put(out + 4, status->oldest_sequence, 4);
    osp_put(out + 8, status->time_us, 6);
    osp_put(out + 14, status->boot, 2);
    out[16] = status->battery_percent;
    out[17] = status->flags;
    osp_put(out + 18, status->lost_samples, 2);
}

enum osp_fault osp_status_decode(const uint8_t *bytes, size_t size, struct osp_status *status)
{
    if (size != OSP_STATUS_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    status->next_sequence = get_u32(bytes);
    status->oldest_sequence = get_u32(bytes + 4);
    status->time_us = osp_get(bytes + 8, 6);
    status->boot = get_u16(bytes + 14);
    status->battery_percent = bytes[16];
    status->flags = bytes[17];
    status->lost_samples = get_u16(bytes + 18);
    return OSP_FINE;
}

/* ---- control point -------------------------------------------------------------------------- */

uint8_t osp_request_bytes(uint8_t op)
{
    static const uint8_t bytes[] = {0, 16, 2, 10, 6, 2, 3, 4, 2, 6, 2};
    return op < sizeof bytes ? bytes[op] : 0;
}

size_t osp_request_encode(const struct osp_request *request, uint8_t out[OSP_CONTROL_MAX_BYTES])
{
    const struct osp_start *start = &request->body.start;
    out[0] = request->op;
    out[1] = request->tag;
    switch (request->op) {
    case OSP_OP_START:
        osp_put(out + OSP_START_RATE_OFFSET, start->rate_mhz, 4);
        out[OSP_START_ACC_RANGE_OFFSET] = start->acc_range_g;
        osp_put(out + OSP_START_GYR_RANGE_OFFSET, start->gyr_range_dps, 2);
        osp_put(out + OSP_START_SESSION_OFFSET, start->session, 4);
        osp_put(out + OSP_START_KEEP_OFFSET, start->keep_s, 2);
        out[OSP_START_LIVE_BATCH_OFFSET] = start->live_batch_samples;
        break;
    case OSP_OP_RESEND:
        osp_put(out + OSP_RESEND_FIRST_OFFSET, request->body.resend.first_sequence, 4);
        osp_put(out + OSP_RESEND_COUNT_OFFSET, request->body.resend.count_samples, 4);
        break;
    case OSP_OP_ACK:
        osp_put(out + OSP_ACK_SEQUENCE_OFFSET, request->body.ack_sequence, 4);
        break;
    case OSP_OP_IDENTIFY:
        out[2] = request->body.identify_s;
        break;
    case OSP_OP_LABEL:
        out[OSP_LABEL_SIDE_OFFSET] = request->body.label.side;
        out[OSP_LABEL_PLACEMENT_OFFSET] = request->body.label.placement;
        break;
    case OSP_OP_FACTORY_RESET:
        osp_put(out + OSP_FACTORY_RESET_MAGIC_OFFSET, request->body.factory_reset_magic, 4);
        break;
    default:
        break;
    }
    return osp_request_bytes(request->op);
}

enum osp_fault osp_request_decode(const uint8_t *bytes, size_t size, struct osp_request *request)
{
    struct osp_start *start = &request->body.start;
    if (size < OSP_CONTROL_MIN_BYTES || size > OSP_CONTROL_MAX_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    request->op = bytes[0];
    request->tag = bytes[1];
    if (osp_request_bytes(request->op) == 0) {
        return OSP_UNKNOWN;
    }
    if (osp_request_bytes(request->op) != size) {
        return OSP_FAULT_LENGTH;
    }
    switch (request->op) {
    case OSP_OP_START:
        start->rate_mhz = get_u32(bytes + OSP_START_RATE_OFFSET);
        start->acc_range_g = bytes[OSP_START_ACC_RANGE_OFFSET];
        start->gyr_range_dps = get_u16(bytes + OSP_START_GYR_RANGE_OFFSET);
        start->session = get_u32(bytes + OSP_START_SESSION_OFFSET);
        start->keep_s = get_u16(bytes + OSP_START_KEEP_OFFSET);
        start->live_batch_samples = bytes[OSP_START_LIVE_BATCH_OFFSET];
        break;
    case OSP_OP_RESEND:
        request->body.resend.first_sequence = get_u32(bytes + OSP_RESEND_FIRST_OFFSET);
        request->body.resend.count_samples = get_u32(bytes + OSP_RESEND_COUNT_OFFSET);
        break;
    case OSP_OP_ACK:
        request->body.ack_sequence = get_u32(bytes + OSP_ACK_SEQUENCE_OFFSET);
        break;
    case OSP_OP_IDENTIFY:
        request->body.identify_s = bytes[2];
        break;
    case OSP_OP_LABEL:
        request->body.label.side = bytes[OSP_LABEL_SIDE_OFFSET];
        request->body.label.placement = bytes[OSP_LABEL_PLACEMENT_OFFSET];
        break;
    case OSP_OP_FACTORY_RESET:
        request->body.factory_reset_magic = get_u32(bytes + OSP_FACTORY_RESET_MAGIC_OFFSET);
        break;
    default:
        break;
    }
    return OSP_FINE;
}

/* Bytes of the body that a result brings with it. */
static uint8_t reply_body_bytes(uint8_t op, uint8_t result)
{
    static const uint8_t of_ok[] = {0, 10, 4, 8, 4, 16, 0, 0, 1, 0, 0};
    switch (result) {
    case OSP_OK:
        return op < sizeof of_ok ? of_ok[op] : 0;
    case OSP_NOT_HELD:
        return 8;
    case OSP_INVALID:
        return 1;
    case OSP_IN_USE:
        return 4;
    default:
        return 0;
    }
}

size_t osp_reply_encode(const struct osp_reply *reply, uint8_t out[OSP_CONTROL_MAX_BYTES])
{
    uint8_t *body = out + OSP_REPLY_HEADER_BYTES;
    out[0] = (uint8_t)(reply->op + OSP_REPLY_BIT);
    out[1] = reply->tag;
    out[2] = reply->result;
    if (reply->result == OSP_NOT_HELD) {
        osp_put(body, reply->body.not_held.oldest_sequence, 4);
        osp_put(body + 4, reply->body.not_held.next_sequence, 4);
    } else if (reply->result == OSP_INVALID) {
        body[0] = reply->body.invalid_offset;
    } else if (reply->result == OSP_IN_USE) {
        osp_put(body, reply->body.in_use_session, 4);
    } else if (reply->result == OSP_OK) {
        switch (reply->op) {
        case OSP_OP_START:
            osp_put(body, reply->body.start.first_sequence, 4);
            osp_put(body + 4, reply->body.start.time_us, 6);
            break;
        case OSP_OP_STOP:
            osp_put(body, reply->body.stop_next_sequence, 4);
            break;
        case OSP_OP_RESEND:
            osp_put(body, reply->body.resend.first_sequence, 4);
            osp_put(body + 4, reply->body.resend.count_samples, 4);
            break;
        case OSP_OP_ACK:
            osp_put(body, reply->body.ack_oldest_sequence, 4);
            break;
        case OSP_OP_TIME:
            /* 3 + 16 bytes: the longest reply, one byte less than fits the smallest MTU. */
            osp_put(body, reply->body.time.received_us, 8);
            osp_put(body + 8, reply->body.time.sent_us, 8);
            break;
        case OSP_OP_SELF_TEST:
            body[0] = reply->body.self_test_faults;
            break;
        default:
            break;
        }
    }
    return OSP_REPLY_HEADER_BYTES + (size_t)reply_body_bytes(reply->op, reply->result);
}

enum osp_fault osp_reply_decode(const uint8_t *bytes, size_t size, struct osp_reply *reply)
{
    const uint8_t *body = bytes + OSP_REPLY_HEADER_BYTES;
    if (size < OSP_REPLY_HEADER_BYTES || size > OSP_CONTROL_MAX_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    if (bytes[0] < OSP_REPLY_BIT) {
        return OSP_FAULT_FIELD;
    }
    if (bytes[0] >= OSP_EVENT_FIRST && bytes[0] <= OSP_EVENT_LAST) {
        return OSP_UNKNOWN;
    }
    reply->op = (uint8_t)(bytes[0] - OSP_REPLY_BIT);
    reply->tag = bytes[1];
    reply->result = bytes[2];
    if (size < OSP_REPLY_HEADER_BYTES + (size_t)reply_body_bytes(reply->op, reply->result)) {
        return OSP_FAULT_LENGTH;
    }
    if (reply->result == OSP_NOT_HELD) {
        reply->body.not_held.oldest_sequence = get_u32(body);
        reply->body.not_held.next_sequence = get_u32(body + 4);
    } else if (reply->result == OSP_INVALID) {
        reply->body.invalid_offset = body[0];
    } else if (reply->result == OSP_IN_USE) {
        reply->body.in_use_session = get_u32(body);
    } else if (reply->result == OSP_OK) {
        switch (reply->op) {
        case OSP_OP_START:
            reply->body.start.first_sequence = get_u32(body);
            reply->body.start.time_us = osp_get(body + 4, 6);
            break;
        case OSP_OP_STOP:
            reply->body.stop_next_sequence = get_u32(body);
            break;
        case OSP_OP_RESEND:
            reply->body.resend.first_sequence = get_u32(body);
            reply->body.resend.count_samples = get_u32(body + 4);
            break;
        case OSP_OP_ACK:
            reply->body.ack_oldest_sequence = get_u32(body);
            break;
        case OSP_OP_TIME:
            reply->body.time.received_us = osp_get(body, 8);
            reply->body.time.sent_us = osp_get(body + 8, 8);
            break;
        case OSP_OP_SELF_TEST:
            reply->body.self_test_faults = body[0];
            break;
        default:
            break;
        }
    }
    return OSP_FINE;
}

size_t osp_done_encode(const struct osp_done *done, uint8_t out[OSP_CONTROL_MAX_BYTES])
{
    out[0] = OSP_EVENT_DONE;
    out[1] = done->tag;
    out[2] = done->result;
    osp_put(out + 3, done->accepted.first_sequence, 4);
    osp_put(out + 7, done->accepted.count_samples, 4);
    osp_put(out + 11, done->sent_samples, 4);
    return OSP_DONE_BYTES;
}

enum osp_fault osp_done_decode(const uint8_t *bytes, size_t size, struct osp_done *done)
{
    if (size == 0) {
        return OSP_FAULT_LENGTH;
    }
    if (bytes[0] != OSP_EVENT_DONE) {
        return OSP_UNKNOWN;
    }
    if (size < OSP_DONE_BYTES || size > OSP_CONTROL_MAX_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    done->tag = bytes[1];
    done->result = bytes[2];
    done->accepted.first_sequence = get_u32(bytes + 3);
    done->accepted.count_samples = get_u32(bytes + 7);
    done->sent_samples = get_u32(bytes + 11);
    return OSP_FINE;
}

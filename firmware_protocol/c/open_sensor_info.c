#include "open_sensor_info.h"

/* ---- sensor --------------------------------------------------------------------------------- */

struct writer {
    uint8_t *out;
    size_t size;
    bool fits;
};

/* Room for a value of so many bytes, or NULL. */
static uint8_t *entry(struct writer *writer, enum osp_info_type type, size_t length)
{
    uint8_t *at = writer->out + writer->size;
    if (length > OSP_ENTRY_MAX_BYTES ||
        writer->size + OSP_ENTRY_HEADER_BYTES + length > OSP_INFO_MAX_BYTES) {
        writer->fits = false;
        return NULL;
    }
    at[0] = (uint8_t)type;
    at[1] = (uint8_t)length;
    writer->size += OSP_ENTRY_HEADER_BYTES + length;
    return at + OSP_ENTRY_HEADER_BYTES;
}

static void write_number(struct writer *writer, enum osp_info_type type, uint64_t value,
                         uint8_t bytes)
{
    uint8_t *at = entry(writer, type, bytes);
    if (at != NULL) {
        osp_put(at, value, bytes);
    }
}

static void write_text(struct writer *writer, enum osp_info_type type, const char *text)
{
    size_t length = 0;
    uint8_t *at;
    while (length <= OSP_TEXT_MAX_BYTES && text[length] != 0) {
        length++;
    }
    if (length < OSP_TEXT_MIN_BYTES || length > OSP_TEXT_MAX_BYTES) {
        writer->fits = false;
        return;
    }
    at = entry(writer, type, length);
    for (size_t i = 0; at != NULL && i < length; i++) {
        at[i] = (uint8_t)text[i];
    }
}

static void write_lists(struct writer *writer, const struct osp_info *info)
{
    uint8_t *at = entry(writer, OSP_INFO_RATES, (size_t)info->rates * OSP_RATE_BYTES);
    for (size_t i = 0; at != NULL && i < info->rates; i++) {
        osp_put(at + i * OSP_RATE_BYTES, info->rates_mhz[i], 4);
    }
    at = entry(writer, OSP_INFO_ACC_RANGES, (size_t)info->acc_range_count * OSP_ACC_RANGE_BYTES);
    for (size_t i = 0; at != NULL && i < info->acc_range_count; i++) {
        at[i * OSP_ACC_RANGE_BYTES] = info->acc_ranges[i].range_g;
        osp_put(at + i * OSP_ACC_RANGE_BYTES + 1, info->acc_ranges[i].g_per_count_f32, 4);
    }
    at = entry(writer, OSP_INFO_GYR_RANGES, (size_t)info->gyr_range_count * OSP_GYR_RANGE_BYTES);
    for (size_t i = 0; at != NULL && i < info->gyr_range_count; i++) {
        osp_put(at + i * OSP_GYR_RANGE_BYTES, info->gyr_ranges[i].range_dps, 2);
        osp_put(at + i * OSP_GYR_RANGE_BYTES + 2, info->gyr_ranges[i].dps_per_count_f32, 4);
    }
}

static void write_stream(struct writer *writer, const struct osp_info_stream *stream)
{
    uint8_t *at = entry(writer, OSP_INFO_STREAM, OSP_STREAM_BYTES);
    if (at != NULL) {
        osp_put(at, stream->session, 4);
        osp_put(at + 4, stream->rate_mhz, 4);
        at[8] = stream->acc_range_g;
        osp_put(at + 9, stream->gyr_range_dps, 2);
        osp_put(at + 11, stream->first_sequence, 4);
    }
}

size_t osp_info_encode(const struct osp_info *info, uint8_t out[OSP_INFO_MAX_BYTES])
{
    struct writer writer;
    uint8_t *at;
    writer.out = out;
    writer.size = 0;
    writer.fits = info->rates > 0 && info->acc_range_count > 0 && info->gyr_range_count > 0;
    write_number(&writer, OSP_INFO_PROTOCOL, OSP_MAJOR | OSP_MINOR << 8, 2);
    write_number(&writer, OSP_INFO_BOOT, info->boot_id, 4);
    write_text(&writer, OSP_INFO_SERIAL, info->serial);
    write_text(&writer, OSP_INFO_MODEL, info->model);
    write_text(&writer, OSP_INFO_FIRMWARE, info->firmware);
    write_lists(&writer, info);
    write_number(&writer, OSP_INFO_RING, info->ring_depth_samples, 4);
    write_number(&writer, OSP_INFO_CAPABILITIES, info->capabilities, 4);
    write_number(&writer, OSP_INFO_LABEL,
                 (uint64_t)info->label.side | (uint64_t)info->label.placement << 8, 2);
    if (info->axes[0] != 0) {
        at = entry(&writer, OSP_INFO_AXES, 3);
        for (size_t i = 0; at != NULL && i < 3; i++) {
            at[i] = (uint8_t)info->axes[i];
        }
    }
    if (info->stream.session != 0) {
        write_stream(&writer, &info->stream);
    }
    if (info->clock_tolerance_ppm != 0) {
        write_number(&writer, OSP_INFO_CLOCK, info->clock_tolerance_ppm, 2);
    }
    if (info->sampling_known) {
        write_number(&writer, OSP_INFO_SAMPLING,
                     (uint64_t)info->gyro_sampling | (uint64_t)info->acc_delay_us << 8 |
                         (uint64_t)info->gyr_delay_us << 24,
                     5);
    }
    return writer.fits ? writer.size : 0;
}

/* ---- client --------------------------------------------------------------------------------- */

/* Shortest, by type; 0: not known. */
static const uint8_t shortest_bytes[] = {0, 2, 4, 1, 1, 1, 4, 5, 6, 4, 4, 2, 3, 15, 2, 5};

#define REQUIRED                                                                                   \
    ((1u << OSP_INFO_PROTOCOL) | (1u << OSP_INFO_BOOT) | (1u << OSP_INFO_SERIAL) |                 \
     (1u << OSP_INFO_MODEL) | (1u << OSP_INFO_FIRMWARE) | (1u << OSP_INFO_RATES) |                 \
     (1u << OSP_INFO_ACC_RANGES) | (1u << OSP_INFO_GYR_RANGES) | (1u << OSP_INFO_RING) |           \
     (1u << OSP_INFO_CAPABILITIES))

static bool is_scale(uint32_t f32)
{
    return f32 != 0 && f32 < UINT32_C(0x7F800000); /* sign 0, finite, not 0 */
}

/* Bytes that follow a first byte of UTF-8; 255: it cannot be first. */
static uint8_t followers(uint8_t first)
{
    if (first < 0x80) {
        return 0;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 255;
    }
    return first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
}

static bool is_utf8(const uint8_t *text, uint8_t size)
{
    for (uint8_t i = 0; i < size;) {
        uint8_t first = text[i];
        uint8_t more = followers(first);
        if (more == 255 || more >= size - i) {
            return false;
        }
        for (uint8_t k = 1; k <= more; k++) {
            if ((text[i + k] & 0xC0) != 0x80) {
                return false;
            }
        }
        if ((first == 0xE0 && text[i + 1] < 0xA0) || (first == 0xED && text[i + 1] > 0x9F) ||
            (first == 0xF0 && text[i + 1] < 0x90) || (first == 0xF4 && text[i + 1] > 0x8F)) {
            return false; /* overlong, a surrogate, or past U+10FFFF */
        }
        i = (uint8_t)(i + more + 1);
    }
    return true;
}

static enum osp_fault read_text(const uint8_t *value, uint8_t length, struct osp_info_text *text)
{
    text->utf8 = value;
    text->bytes = length;
    if (length > OSP_TEXT_MAX_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    return is_utf8(value, length) ? OSP_FINE : OSP_FAULT_FIELD;
}

/* A permutation with an even number of swaps and turned axes: right-handed stays right-handed. */
static bool are_right_handed(const int8_t axes[3])
{
    uint32_t seen = 0, turned = 0;
    int at[3];
    for (size_t i = 0; i < 3; i++) {
        at[i] = axes[i] < 0 ? -axes[i] : axes[i];
        turned += axes[i] < 0 ? 1u : 0u;
        if (at[i] < 1 || at[i] > 3) {
            return false;
        }
        seen |= 1u << at[i];
    }
    uint32_t swaps = (at[0] > at[1] ? 1u : 0u) + (at[0] > at[2] ? 1u : 0u) + (at[1] > at[2] ? 1u : 0u);
    return seen == 0x0Eu && (swaps + turned) % 2u == 0;
}

static enum osp_fault check_lists(const struct osp_info_view *view)
{
    for (uint8_t i = 0; i < view->rate_count; i++) {
        if (osp_info_rate_mhz(view, i) == 0) {
            return OSP_FAULT_FIELD;
        }
    }
    for (uint8_t i = 0; i < view->acc_range_count; i++) {
        if (!is_scale(osp_info_acc_range(view, i).g_per_count_f32)) {
            return OSP_FAULT_FIELD;
        }
    }
    for (uint8_t i = 0; i < view->gyr_range_count; i++) {
        if (!is_scale(osp_info_gyr_range(view, i).dps_per_count_f32)) {
            return OSP_FAULT_FIELD;
        }
    }
    return OSP_FINE;
}

static enum osp_fault read_optional(uint8_t type, const uint8_t *value, struct osp_info_view *view)
{
    switch (type) {
    case OSP_INFO_LABEL:
        view->label.side = value[0];
        view->label.placement = value[1];
        return value[0] > OSP_SIDE_RIGHT || value[1] > OSP_PLACEMENT_LUMBAR ? OSP_FAULT_FIELD : OSP_FINE;
    case OSP_INFO_AXES:
        for (size_t i = 0; i < 3; i++) {
            view->axes[i] = (int8_t)(value[i] > 127 ? value[i] - 256 : value[i]);
        }
        return are_right_handed(view->axes) ? OSP_FINE : OSP_FAULT_FIELD;
    case OSP_INFO_STREAM:
        view->stream.session = (uint32_t)osp_get(value, 4);
        view->stream.rate_mhz = (uint32_t)osp_get(value + 4, 4);
        view->stream.acc_range_g = value[8];
        view->stream.gyr_range_dps = (uint16_t)osp_get(value + 9, 2);
        view->stream.first_sequence = (uint32_t)osp_get(value + 11, 4);
        break;
    case OSP_INFO_CLOCK:
        view->clock_tolerance_ppm = (uint16_t)osp_get(value, 2);
        break;
    default:
        view->gyro_sampling = value[0];
        view->acc_delay_us = (uint16_t)osp_get(value + 1, 2);
        view->gyr_delay_us = (uint16_t)osp_get(value + 3, 2);
        return value[0] > OSP_GYRO_MEAN_BEFORE ? OSP_FAULT_FIELD : OSP_FINE;
    }
    return OSP_FINE;
}

static enum osp_fault read_entry(uint8_t type, const uint8_t *value, uint8_t length,
                                 struct osp_info_view *view)
{
    switch (type) {
    case OSP_INFO_PROTOCOL:
        view->major = value[0];
        view->minor = value[1];
        return view->major == OSP_MAJOR ? OSP_FINE : OSP_FAULT_VERSION;
    case OSP_INFO_BOOT:
        view->boot_id = (uint32_t)osp_get(value, 4);
        return view->boot_id == 0 ? OSP_FAULT_FIELD : OSP_FINE;
    case OSP_INFO_SERIAL:
        return read_text(value, length, &view->serial);
    case OSP_INFO_MODEL:
        return read_text(value, length, &view->model);
    case OSP_INFO_FIRMWARE:
        return read_text(value, length, &view->firmware);
    case OSP_INFO_RATES:
        view->rates = value;
        view->rate_count = length / OSP_RATE_BYTES;
        return length % OSP_RATE_BYTES == 0 ? OSP_FINE : OSP_FAULT_LENGTH;
    case OSP_INFO_ACC_RANGES:
        view->acc_ranges = value;
        view->acc_range_count = length / OSP_ACC_RANGE_BYTES;
        return length % OSP_ACC_RANGE_BYTES == 0 ? OSP_FINE : OSP_FAULT_LENGTH;
    case OSP_INFO_GYR_RANGES:
        view->gyr_ranges = value;
        view->gyr_range_count = length / OSP_GYR_RANGE_BYTES;
        return length % OSP_GYR_RANGE_BYTES == 0 ? OSP_FINE : OSP_FAULT_LENGTH;
    case OSP_INFO_RING:
        view->ring_depth_samples = (uint32_t)osp_get(value, 4);
        return OSP_FINE;
    case OSP_INFO_CAPABILITIES:
        view->capabilities = (uint32_t)osp_get(value, 4);
        return OSP_FINE;
    default:
        return read_optional(type, value, view);
    }
}

enum osp_fault osp_info_decode(const uint8_t *bytes, size_t size, struct osp_info_view *view)
{
    size_t at = 0;
    view->seen = 0;
    view->rate_count = 0;
    view->acc_range_count = 0;
    view->gyr_range_count = 0;
    if (size > OSP_INFO_MAX_BYTES) {
        return OSP_FAULT_LENGTH;
    }
    while (at < size) {
        uint8_t type = bytes[at];
        uint8_t length;
        if (size - at < OSP_ENTRY_HEADER_BYTES) {
            return OSP_FAULT_LENGTH;
        }
        length = bytes[at + 1];
        if (size - at - OSP_ENTRY_HEADER_BYTES < length) {
            return OSP_FAULT_LENGTH;
        }
        if (type > 0 && type < sizeof shortest_bytes) {
            enum osp_fault fault = OSP_FAULT_LENGTH;
            if ((view->seen & 1u << type) != 0) {
                return OSP_FAULT_TWICE;
            }
            if (length >= shortest_bytes[type]) {
                fault = read_entry(type, bytes + at + OSP_ENTRY_HEADER_BYTES, length, view);
            }
            if (fault != OSP_FINE) {
                return fault;
            }
            view->seen |= 1u << type;
        }
        at += OSP_ENTRY_HEADER_BYTES + (size_t)length;
    }
    return (view->seen & REQUIRED) == REQUIRED ? check_lists(view) : OSP_FAULT_MISSING;
}

uint32_t osp_info_rate_mhz(const struct osp_info_view *view, uint8_t index)
{
    return (uint32_t)osp_get(view->rates + (size_t)index * OSP_RATE_BYTES, 4);
}

struct osp_acc_range osp_info_acc_range(const struct osp_info_view *view, uint8_t index)
{
    const uint8_t *at = view->acc_ranges + (size_t)index * OSP_ACC_RANGE_BYTES;
    struct osp_acc_range range;
    range.range_g = at[0];
    range.g_per_count_f32 = (uint32_t)osp_get(at + 1, 4);
    return range;
}

struct osp_gyr_range osp_info_gyr_range(const struct osp_info_view *view, uint8_t index)
{
    const uint8_t *at = view->gyr_ranges + (size_t)index * OSP_GYR_RANGE_BYTES;
    struct osp_gyr_range range;
    range.range_dps = (uint16_t)osp_get(at, 2);
    range.dps_per_count_f32 = (uint32_t)osp_get(at + 2, 4);
    return range;
}

/* What a sensor says of itself (PROTOCOL.md section 7): entries of type, length, value. */
#ifndef OPEN_SENSOR_INFO_H
#define OPEN_SENSOR_INFO_H

#include "open_sensor_packet.h"

enum osp_info_type {
    OSP_INFO_PROTOCOL = 0x01,
    OSP_INFO_BOOT = 0x02,
    OSP_INFO_SERIAL = 0x03,
    OSP_INFO_MODEL = 0x04,
    OSP_INFO_FIRMWARE = 0x05,
    OSP_INFO_RATES = 0x06,
    OSP_INFO_ACC_RANGES = 0x07,
    OSP_INFO_GYR_RANGES = 0x08,
    OSP_INFO_RING = 0x09,
    OSP_INFO_CAPABILITIES = 0x0A,
    OSP_INFO_LABEL = 0x0B,
    OSP_INFO_AXES = 0x0C,
    OSP_INFO_STREAM = 0x0D,
    OSP_INFO_CLOCK = 0x0E,
    OSP_INFO_SAMPLING = 0x0F,
    OSP_INFO_VENDOR_FIRST = 0x80
};

enum osp_capability {
    OSP_CAN_HOLD_WHOLE_SESSION = 1 << 0,
    OSP_CAN_TIMESTAMP_IN_HARDWARE = 1 << 1,
    OSP_CAN_IDENTIFY = 1 << 2,
    OSP_CAN_SELF_TEST = 1 << 3,
    OSP_CAN_UPDATE_FIRMWARE = 1 << 4,
    OSP_CAN_SYNC_BY_RADIO = 1 << 5
};

enum osp_gyro_sampling { OSP_GYRO_INSTANT = 0, OSP_GYRO_MEAN_BEFORE = 1 };

enum {
    OSP_TEXT_MIN_BYTES = 1,
    OSP_TEXT_MAX_BYTES = 32,
    OSP_ENTRY_HEADER_BYTES = 2,
    OSP_ENTRY_MAX_BYTES = 255,
    OSP_RATE_BYTES = 4,
    OSP_ACC_RANGE_BYTES = 5,
    OSP_GYR_RANGE_BYTES = 6,
    OSP_RATES_MAX = OSP_ENTRY_MAX_BYTES / OSP_RATE_BYTES,
    OSP_ACC_RANGES_MAX = OSP_ENTRY_MAX_BYTES / OSP_ACC_RANGE_BYTES,
    OSP_GYR_RANGES_MAX = OSP_ENTRY_MAX_BYTES / OSP_GYR_RANGE_BYTES,
    OSP_STREAM_BYTES = 15
};

struct osp_acc_range {
    uint8_t range_g;
    uint32_t g_per_count_f32; /* bits of an IEEE 754 single, finite and above 0 */
};
struct osp_gyr_range {
    uint16_t range_dps;
    uint32_t dps_per_count_f32; /* bits of an IEEE 754 single, finite and above 0 */
};
struct osp_info_stream {
    uint32_t session; /* 0: there was none since start, and no entry is sent */
    uint32_t rate_mhz;
    uint8_t acc_range_g;
    uint16_t gyr_range_dps;
    uint32_t first_sequence;
};

/* What a sensor fills in. Texts end with a 0 and are 1 to 32 bytes of UTF-8. */
struct osp_info {
    uint32_t boot_id; /* random at every start, not 0 */
    const char *serial;
    const char *model;
    const char *firmware;
    const uint32_t *rates_mhz;
    uint8_t rates; /* 1 to OSP_RATES_MAX */
    const struct osp_acc_range *acc_ranges;
    uint8_t acc_range_count; /* 1 to OSP_ACC_RANGES_MAX; the largest useful range last */
    const struct osp_gyr_range *gyr_ranges;
    uint8_t gyr_range_count; /* 1 to OSP_GYR_RANGES_MAX */
    uint32_t ring_depth_samples;
    uint32_t capabilities; /* enum osp_capability */
    struct osp_label label;
    int8_t axes[3];                /* 1, 2, 3 or negative; all 0: not told, no entry */
    struct osp_info_stream stream; /* session 0: no entry */
    uint16_t clock_tolerance_ppm;  /* 0: not told, no entry */
    bool sampling_known;           /* false: no entry */
    uint8_t gyro_sampling;         /* enum osp_gyro_sampling */
    uint16_t acc_delay_us;
    uint16_t gyr_delay_us;
};

/* Returns bytes; 0: it does not fit 512 bytes, or a list or text has a length that is not allowed. */
size_t osp_info_encode(const struct osp_info *info, uint8_t out[OSP_INFO_MAX_BYTES]);

/* What a client reads: lists and texts stay where they are, inside the bytes that were decoded. */
struct osp_info_text {
    const uint8_t *utf8;
    uint8_t bytes; /* 1 to 32 */
};
struct osp_info_view {
    uint8_t major;
    uint8_t minor;
    uint32_t boot_id;
    struct osp_info_text serial;
    struct osp_info_text model;
    struct osp_info_text firmware;
    const uint8_t *rates;
    uint8_t rate_count;
    const uint8_t *acc_ranges;
    uint8_t acc_range_count;
    const uint8_t *gyr_ranges;
    uint8_t gyr_range_count;
    uint32_t ring_depth_samples;
    uint32_t capabilities;
    uint32_t seen; /* bit per type that stood there, e.g. 1 << OSP_INFO_LABEL */
    struct osp_label label;
    int8_t axes[3];
    struct osp_info_stream stream;
    uint16_t clock_tolerance_ppm;
    uint8_t gyro_sampling;
    uint16_t acc_delay_us;
    uint16_t gyr_delay_us;
};

enum osp_fault osp_info_decode(const uint8_t *bytes, size_t size, struct osp_info_view *view);

uint32_t osp_info_rate_mhz(const struct osp_info_view *view, uint8_t index);
struct osp_acc_range osp_info_acc_range(const struct osp_info_view *view, uint8_t index);
struct osp_gyr_range osp_info_gyr_range(const struct osp_info_view *view, uint8_t index);

#endif

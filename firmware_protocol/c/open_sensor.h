/* A sensor of the open sensor protocol: state machine, ranged resend, lanes (PROTOCOL.md 3 to 8).
 *
 * No radio, no clock, no interrupt, no allocation: whoever has them calls in, from one context (or
 * under one lock). Everything that lasts is in `struct osp_sensor`. Times are the sensor's clock:
 * microseconds since start, 48 bits, never set; `now_us` never runs backwards.
 *
 *   events in:  connected, set_mtu, set_encrypted, enable, write, read, confirmed, disconnected,
 *               sample, overrun, battery
 *   bytes out:  osp_sensor_next, called whenever the radio has a free buffer, and again at
 *               osp_sensor_wanted_at_us or after any event, whichever comes first
 */
#ifndef OPEN_SENSOR_H
#define OPEN_SENSOR_H

#include "open_sensor_info.h"
#include "open_sensor_ring.h"

/* The characteristics 0002 to 0006, in the order of their UUIDs. */
enum osp_channel {
    OSP_CHANNEL_NONE = 0,
    OSP_CHANNEL_CONTROL = 1,  /* write, indicate */
    OSP_CHANNEL_LIVE = 2,     /* notify */
    OSP_CHANNEL_BACKFILL = 3, /* notify */
    OSP_CHANNEL_INFO = 4,     /* read */
    OSP_CHANNEL_STATUS = 5    /* read, notify */
};

enum osp_att_error {
    OSP_ATT_FINE = 0x00,
    OSP_ATT_READ_NOT_PERMITTED = 0x02,
    OSP_ATT_WRITE_NOT_PERMITTED = 0x03,
    OSP_ATT_LENGTH = 0x0D,
    OSP_ATT_NOT_ENCRYPTED = 0x0F,
    OSP_ATT_INDICATIONS_OFF = 0xFD,
    OSP_ATT_NOT_CONFIRMED = 0xFE
};

enum {
    OSP_STATUS_PERIOD_US = 1000000,
    OSP_LIVE_WAIT_MAX_US = 250000, /* from the first sample of a live packet to its sending */
    OSP_LIVE_BACKLOG_MAX_MS = 1000,
    OSP_SERVICE_DATA_BYTES = 5
};
#define OSP_NEVER_US UINT64_MAX

/* What the board does when told. `start_imu` and what the capabilities promise must be there. */
struct osp_board {
    void *context; /* handed to each */
    bool (*start_imu)(void *context, uint32_t rate_mhz, uint8_t acc_range_g,
                      uint16_t gyr_range_dps); /* false: the inertial sensor does not answer */
    void (*stop_imu)(void *context);
    void (*identify)(void *context, uint8_t seconds); /* 0: end it; it is called at the end, too */
    void (*store_label)(void *context, struct osp_label label); /* for ever */
    uint8_t (*self_test)(void *context); /* enum osp_self_test_fault; takes at most 1 s */
    void (*factory_reset)(void *context); /* delete bonds, start anew; the label is deleted before */
    void (*sleep)(void *context);
    bool (*allows)(void *context, uint8_t op); /* false: DENIED; NULL: everything is allowed */
};

enum osp_reply_state { OSP_REPLY_NONE, OSP_REPLY_WAITS, OSP_REPLY_SENT };

struct osp_resend {
    bool running; /* until `done` was handed to the link */
    uint8_t tag;
    struct osp_range accepted;
    uint32_t next_sequence;
    uint32_t left_samples; /* numbers of the range that are still to come */
    uint32_t sent_samples;
    bool overwritten;
};

/* Members are this module's own business; the info may be read. */
struct osp_sensor {
    struct osp_info *info;
    const struct osp_board *board;
    struct osp_ring *ring;

    struct osp_start session; /* the one that runs, or the last one */
    bool measuring;
    bool session_has_samples;
    bool break_waits;      /* the FIFO ran over by an unknown number */
    bool any_sample;       /* since start */
    uint64_t newest_us;    /* clock of the newest sample */
    uint32_t skip_samples; /* known to be lost before the next sample */
    uint16_t lost_samples;
    uint32_t acknowledged_sequence;
    uint8_t flags; /* those of the status that are remembered */
    uint8_t battery_percent;

    bool connected;
    bool encrypted;
    uint16_t mtu;
    uint8_t enabled_channels;  /* bit per channel */
    uint64_t disconnected_us;
    bool status_waits;
    uint64_t status_at_us;
    uint32_t live_sequence;    /* next to be sent over live */
    enum osp_reply_state reply_state;
    bool done_sent;            /* and not confirmed */
    struct osp_reply reply;
    struct osp_resend resend;
    uint8_t leaving_op;        /* FACTORY_RESET or SLEEP, once its reply is confirmed */
    bool identifying;
    uint64_t identify_until_us;
};

/* All four must last. The caller has filled in the info and initialised the ring; depth, stream and label
 * of the info are the sensor's from here on. */
void osp_sensor_init(struct osp_sensor *sensor, struct osp_info *info,
                     const struct osp_board *board, struct osp_ring *ring);

/* ---- events of the link --------------------------------------------------------------------- */

void osp_sensor_connected(struct osp_sensor *sensor, uint64_t now_us);
void osp_sensor_set_mtu(struct osp_sensor *sensor, uint16_t mtu);
void osp_sensor_set_encrypted(struct osp_sensor *sensor, bool encrypted);
/* A client switched notifications or indications. Returns an ATT error or OSP_ATT_FINE. */
uint8_t osp_sensor_enable(struct osp_sensor *sensor, enum osp_channel channel, bool on,
                          uint64_t now_us);
/* A write to the control point. */
uint8_t osp_sensor_write(struct osp_sensor *sensor, const uint8_t *bytes, size_t size,
                         uint64_t now_us);
/* A read of info or status: fills `out` and `*size`. */
uint8_t osp_sensor_read(struct osp_sensor *sensor, enum osp_channel channel, uint64_t now_us,
                        uint8_t out[OSP_INFO_MAX_BYTES], size_t *size);
/* The client confirmed the indication that was out. */
void osp_sensor_confirmed(struct osp_sensor *sensor, uint64_t now_us);
void osp_sensor_disconnected(struct osp_sensor *sensor, uint64_t now_us);

/* ---- events of the board -------------------------------------------------------------------- */

/* Ignored while idle. `time_us`: clock at which the sample was measured. */
void osp_sensor_sample(struct osp_sensor *sensor, const int16_t counts[OSP_SAMPLE_AXES],
                       uint64_t time_us);
/* The FIFO ran over before the next sample; 0: nobody knows by how many. */
void osp_sensor_overrun(struct osp_sensor *sensor, uint32_t lost_samples);
/* `low`: less than ten minutes of measuring are left; `critical`: measuring ends now. */
void osp_sensor_battery(struct osp_sensor *sensor, uint8_t percent, bool low, bool charging,
                        bool critical);

/* ---- what is to be sent --------------------------------------------------------------------- */

/* The next value, or OSP_CHANNEL_NONE. What it gives counts as handed to the link. */
enum osp_channel osp_sensor_next(struct osp_sensor *sensor, uint64_t now_us,
                                 uint8_t out[OSP_VALUE_MAX_BYTES], size_t *size);
/* When osp_sensor_next may have something (or a time-out) without another event; 0: now. */
uint64_t osp_sensor_wanted_at_us(const struct osp_sensor *sensor);

/* Service data of the scan response, after the 16 bytes of the service's UUID. */
void osp_sensor_service_data(const struct osp_sensor *sensor, bool pairing_open,
                             uint8_t out[OSP_SERVICE_DATA_BYTES]);

#endif

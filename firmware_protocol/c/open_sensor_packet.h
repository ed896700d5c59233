/* Open sensor protocol 1.0: bytes of values, both directions (PROTOCOL.md sections 3 to 6).
 *
 * Freestanding C99: no library, no allocation, no floating point. Nothing here keeps state but
 * `struct osp_stream`. Decoders take hostile bytes: they check lengths first, and read nothing past
 * `bytes`. Encoders write at most the sizes below; the caller gives that much room.
 */
#ifndef OPEN_SENSOR_PACKET_H
#define OPEN_SENSOR_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OSP_MAJOR = 1,
    OSP_MINOR = 0,
    OSP_MTU_MIN = 23,
    OSP_ATT_HEADER_BYTES = 3,   /* of a notification: MTU - 3 bytes are the value */
    OSP_VALUE_MAX_BYTES = 244,  /* of any notification or indication, however large the MTU */
    OSP_CONTROL_MIN_BYTES = 2,
    OSP_CONTROL_MAX_BYTES = 20, /* requests, replies, `done` and status fit the smallest MTU */
    OSP_INFO_MAX_BYTES = 512
};

/* What a decoder finds. */
enum osp_fault {
    OSP_FINE = 0,
    OSP_FAULT_LENGTH,  /* shorter or longer than what it says */
    OSP_FAULT_VERSION, /* another major version */
    OSP_FAULT_COUNT,   /* samples outside 1 to 19 */
    OSP_FAULT_FIELD,   /* a value that is not allowed */
    OSP_FAULT_MISSING, /* a required entry of the info is not there, or too short */
    OSP_FAULT_TWICE,   /* a known entry of the info stands twice */
    OSP_UNKNOWN        /* kind, op or event of a later minor version: ignore it, and count it */
};

/* ---- sample packets ------------------------------------------------------------------------- */

/* offset 0 version_kind u8 | 1 count u8 | 2 first_sequence u32 | 6 t100us u16 | 8 samples */
enum {
    OSP_PACKET_VERSION_KIND_OFFSET = 0,
    OSP_PACKET_COUNT_OFFSET = 1,
    OSP_PACKET_FIRST_SEQUENCE_OFFSET = 2,
    OSP_PACKET_T100US_OFFSET = 6,
    OSP_PACKET_HEADER_BYTES = 8,
    OSP_SAMPLE_BYTES = 12, /* acc x, y, z, gyr x, y, z, each i16 */
    OSP_SAMPLE_AXES = 6,
    OSP_PACKET_SAMPLES_MIN = 1,
    OSP_PACKET_SAMPLES_MAX = 19,
    OSP_PACKET_MIN_BYTES = OSP_PACKET_HEADER_BYTES + OSP_SAMPLE_BYTES,
    OSP_PACKET_MAX_BYTES = OSP_PACKET_HEADER_BYTES + OSP_PACKET_SAMPLES_MAX * OSP_SAMPLE_BYTES,
    OSP_COUNT_FULL_LOW = -32768, /* the sensor was full */
    OSP_COUNT_FULL_HIGH = 32767
};

enum osp_kind { OSP_KIND_LIVE = 1, OSP_KIND_BACKFILL = 2 };

struct osp_packet {
    uint8_t kind;            /* enum osp_kind */
    uint8_t count;           /* samples, 1 to 19 */
    uint32_t first_sequence; /* modulo 2^32 */
    uint16_t t100us;         /* clock of the first sample, units of 100 us, modulo 65,536 */
    const uint8_t *samples;  /* count x 12 bytes inside what was decoded */
};

/* Samples that fit a packet: 1 (MTU 23) to 19 (MTU 239 and more). An MTU below 23 counts as 23. */
uint8_t osp_samples_that_fit(uint16_t mtu);

/* `samples` may be NULL where osp_packet_put_sample fills them afterwards. Returns bytes. */
size_t osp_packet_encode(const struct osp_packet *packet, uint8_t out[OSP_PACKET_MAX_BYTES]);
void osp_packet_put_sample(uint8_t *packet, uint8_t index, const int16_t counts[OSP_SAMPLE_AXES]);

enum osp_fault osp_packet_decode(const uint8_t *bytes, size_t size, struct osp_packet *packet);
void osp_packet_sample(const struct osp_packet *packet, uint8_t index,
                       int16_t counts[OSP_SAMPLE_AXES]);

/* Clock in units of 100 us, rounded down, modulo 65,536. */
uint16_t osp_t100us(uint64_t time_us);

/* Packets one after another, byte by byte (a serial line, a file): each tells its own length. */
struct osp_stream {
    uint16_t held_bytes;
    uint8_t bytes[OSP_PACKET_MAX_BYTES];
};

void osp_stream_init(struct osp_stream *stream);
/* True: `*packet` is whole, and valid until the next call. A byte that cannot stand where it comes
 * sets `*fault`, and what is held is dropped. */
bool osp_stream_put(struct osp_stream *stream, uint8_t byte, struct osp_packet *packet,
                    enum osp_fault *fault);

/* ---- status --------------------------------------------------------------------------------- */

enum { OSP_STATUS_BYTES = 20, OSP_BATTERY_UNKNOWN = 255, OSP_LOST_MAX = 65535 };

enum osp_status_flag {
    OSP_FLAG_MEASURING = 1 << 0,
    OSP_FLAG_ACC_CLIPPED = 1 << 1,
    OSP_FLAG_GYR_CLIPPED = 1 << 2,
    OSP_FLAG_FIFO_OVERRUN = 1 << 3,
    OSP_FLAG_TIME_STEP = 1 << 4,
    OSP_FLAG_BATTERY_LOW = 1 << 5,
    OSP_FLAG_CHARGING = 1 << 6,
    OSP_FLAG_UNACKNOWLEDGED_OVERWRITTEN = 1 << 7
};

/* offset 0 next u32 | 4 oldest u32 | 8 time u48 | 14 boot u16 | 16 battery u8 | 17 flags u8 |
 * 18 lost u16 */
struct osp_status {
    uint32_t next_sequence;
    uint32_t oldest_sequence;
    uint64_t time_us; /* 48 bits */
    uint16_t boot;    /* low 16 bits of the boot id */
    uint8_t battery_percent;
    uint8_t flags; /* enum osp_status_flag */
    uint16_t lost_samples;
};

void osp_status_encode(const struct osp_status *status, uint8_t out[OSP_STATUS_BYTES]);
enum osp_fault osp_status_decode(const uint8_t *bytes, size_t size, struct osp_status *status);

/* ---- control point -------------------------------------------------------------------------- */

enum osp_op {
    OSP_OP_START = 0x01,
    OSP_OP_STOP = 0x02,
    OSP_OP_RESEND = 0x03,
    OSP_OP_ACK = 0x04,
    OSP_OP_TIME = 0x05,
    OSP_OP_IDENTIFY = 0x06,
    OSP_OP_LABEL = 0x07,
    OSP_OP_SELF_TEST = 0x08,
    OSP_OP_FACTORY_RESET = 0x09,
    OSP_OP_SLEEP = 0x0A
};

enum {
    OSP_REPLY_BIT = 0x80,
    OSP_EVENT_FIRST = 0xC0, /* ops 0x40 to 0x4F are never used */
    OSP_EVENT_LAST = 0xCF,
    OSP_EVENT_DONE = 0xC3,
    OSP_DONE_BYTES = 15,
    OSP_REPLY_HEADER_BYTES = 3,
    OSP_START_RATE_OFFSET = 2, /* offsets of fields, counted from the op */
    OSP_START_ACC_RANGE_OFFSET = 6,
    OSP_START_GYR_RANGE_OFFSET = 7,
    OSP_START_SESSION_OFFSET = 9,
    OSP_START_KEEP_OFFSET = 13,
    OSP_START_LIVE_BATCH_OFFSET = 15,
    OSP_RESEND_FIRST_OFFSET = 2,
    OSP_RESEND_COUNT_OFFSET = 6,
    OSP_ACK_SEQUENCE_OFFSET = 2,
    OSP_LABEL_SIDE_OFFSET = 2,
    OSP_LABEL_PLACEMENT_OFFSET = 3,
    OSP_FACTORY_RESET_MAGIC_OFFSET = 2
};
#define OSP_FACTORY_RESET_MAGIC UINT32_C(0x54455352)
#define OSP_RESEND_COUNT_MAX UINT32_C(0x7FFFFFFF)

enum osp_result {
    OSP_OK = 0,
    OSP_NOT_HELD = 1,
    OSP_BUSY = 2,
    OSP_UNSUPPORTED = 3,
    OSP_INVALID = 4,
    OSP_STATE = 5,
    OSP_IN_USE = 6,
    OSP_LOW_BATTERY = 7,
    OSP_FAULT = 8,
    OSP_DENIED = 9
};

enum osp_side { OSP_SIDE_NONE = 0, OSP_SIDE_LEFT = 1, OSP_SIDE_RIGHT = 2 };
enum osp_placement {
    OSP_PLACEMENT_NONE = 0,
    OSP_PLACEMENT_SHANK = 1,
    OSP_PLACEMENT_FOOT = 2,
    OSP_PLACEMENT_LUMBAR = 3
};
enum osp_self_test_fault {
    OSP_SELF_TEST_ACC = 1 << 0,
    OSP_SELF_TEST_GYR = 1 << 1,
    OSP_SELF_TEST_MEMORY = 1 << 2,
    OSP_SELF_TEST_CLOCK = 1 << 3
};

struct osp_start {
    uint32_t rate_mhz;
    uint8_t acc_range_g;
    uint16_t gyr_range_dps;
    uint32_t session;           /* not 0 */
    uint16_t keep_s;            /* 0: measure without a link for ever */
    uint8_t live_batch_samples; /* 0: as many as fit */
};
struct osp_range {
    uint32_t first_sequence;
    uint32_t count_samples; /* 1 to OSP_RESEND_COUNT_MAX */
};
struct osp_label {
    uint8_t side;      /* enum osp_side */
    uint8_t placement; /* enum osp_placement */
};

struct osp_request {
    uint8_t op; /* enum osp_op */
    uint8_t tag;
    union {
        struct osp_start start;
        struct osp_range resend;
        uint32_t ack_sequence;
        uint8_t identify_s;
        struct osp_label label;
        uint32_t factory_reset_magic;
    } body;
};

struct osp_reply {
    uint8_t op;     /* of the request, without the reply bit */
    uint8_t tag;    /* of the request */
    uint8_t result; /* enum osp_result, or one of a later minor version */
    union {
        struct {
            uint32_t first_sequence;
            uint64_t time_us; /* 48 bits */
        } start;
        uint32_t stop_next_sequence;
        struct osp_range resend;
        uint32_t ack_oldest_sequence;
        struct {
            uint64_t received_us;
            uint64_t sent_us;
        } time;
        uint8_t self_test_faults; /* enum osp_self_test_fault */
        struct {                  /* NOT_HELD */
            uint32_t oldest_sequence;
            uint32_t next_sequence;
        } not_held;
        uint8_t invalid_offset;  /* INVALID; of a wrong length: the length that is asked for */
        uint32_t in_use_session; /* IN_USE */
    } body;
};

struct osp_done {
    uint8_t tag;    /* of the RESEND */
    uint8_t result; /* OSP_OK, or OSP_NOT_HELD: some were overwritten before they could be sent */
    struct osp_range accepted;
    uint32_t sent_samples;
};

/* Bytes of a whole request (op and tag too); 0: this version knows no such op. */
uint8_t osp_request_bytes(uint8_t op);

/* Return bytes; 0 where the op is unknown. A reply with a result but OK, NOT_HELD, INVALID and
 * IN_USE has no body, of any op. */
size_t osp_request_encode(const struct osp_request *request, uint8_t out[OSP_CONTROL_MAX_BYTES]);
size_t osp_reply_encode(const struct osp_reply *reply, uint8_t out[OSP_CONTROL_MAX_BYTES]);
size_t osp_done_encode(const struct osp_done *done, uint8_t out[OSP_CONTROL_MAX_BYTES]);

/* Of a request that is known and has the wrong length, op and tag are set. Values of fields are the
 * receiver's to judge. Replies may be longer than known: later minor versions add fields at the end. */
enum osp_fault osp_request_decode(const uint8_t *bytes, size_t size, struct osp_request *request);
enum osp_fault osp_reply_decode(const uint8_t *bytes, size_t size, struct osp_reply *reply);
enum osp_fault osp_done_decode(const uint8_t *bytes, size_t size, struct osp_done *done);

/* ---- little-endian integers ----------------------------------------------------------------- */

void osp_put(uint8_t *out, uint64_t value, uint8_t bytes);
uint64_t osp_get(const uint8_t *in, uint8_t bytes);

#endif

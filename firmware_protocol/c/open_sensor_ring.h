/* The newest samples of a sensor, by number (PROTOCOL.md sections 1, 4 and 5).
 *
 * The caller gives the memory: per sample 12 bytes of counts, 2 bytes of time, and 2 bits of marks
 * (OSP_RING_MARK_BYTES). Numbers are modulo 2^32, and are never reset. Numbers that were skipped
 * (samples that are known to be lost) take a place but hold nothing.
 */
#ifndef OPEN_SENSOR_RING_H
#define OPEN_SENSOR_RING_H

#include "open_sensor_packet.h"

#define OSP_RING_DEPTH_MAX UINT32_C(0x7FFFFFFF)
#define OSP_RING_MARK_BYTES(depth_samples) (((depth_samples) + 3u) / 4u)

struct osp_ring {
    int16_t (*counts)[OSP_SAMPLE_AXES]; /* depth_samples of them */
    uint16_t *t100us;                   /* depth_samples of them */
    uint8_t *marks;                     /* OSP_RING_MARK_BYTES(depth_samples) */
    uint32_t depth_samples;             /* 1 to OSP_RING_DEPTH_MAX */
    uint32_t span_samples;              /* numbers from the oldest held to the newest */
    uint32_t next_sequence;             /* number that the next sample gets */
    uint32_t next_slot;
    uint32_t overwritten_before_sequence; /* one past the last sample that was overwritten */
};

void osp_ring_init(struct osp_ring *ring, int16_t (*counts)[OSP_SAMPLE_AXES], uint16_t *t100us,
                   uint8_t *marks, uint32_t depth_samples, uint32_t first_sequence);

/* Skips `lost_samples` numbers, then stores. `begins` marks a break before this sample: no packet
 * reaches across. Returns how many samples were overwritten. */
uint32_t osp_ring_put(struct osp_ring *ring, const int16_t counts[OSP_SAMPLE_AXES],
                      uint16_t t100us, uint32_t lost_samples, bool begins);

/* Number of the oldest sample held; next_sequence: none is held. */
uint32_t osp_ring_oldest(const struct osp_ring *ring);

/* Is there a sample of this number? */
bool osp_ring_holds(const struct osp_ring *ring, uint32_t sequence);

/* `sequence` must be held. */
void osp_ring_read(const struct osp_ring *ring, uint32_t sequence, int16_t counts[OSP_SAMPLE_AXES],
                   uint16_t *t100us);

/* First number held at `sequence` or after; next_sequence: none. A number outside of what is held
 * counts as one before it. */
uint32_t osp_ring_seek(const struct osp_ring *ring, uint32_t sequence);

/* How many samples, from `sequence` on and at most `most`, one packet may hold; 0: not held. */
uint8_t osp_ring_run(const struct osp_ring *ring, uint32_t sequence, uint8_t most);

/* The part of a range that is held (its numbers; some may have been skipped). False: none. */
bool osp_ring_part(const struct osp_ring *ring, struct osp_range *range);

/* A packet of the run at `sequence`. Returns bytes; 0: not held. */
size_t osp_ring_packet(const struct osp_ring *ring, enum osp_kind kind, uint32_t sequence,
                       uint8_t most, uint8_t out[OSP_PACKET_MAX_BYTES]);

#endif

#include "open_sensor_ring.h"

enum { MARK_BEGINS = 1, MARK_SKIPPED = 2, MARK_BOTH = 3 };

void osp_ring_init(struct osp_ring *ring, int16_t (*counts)[OSP_SAMPLE_AXES], uint16_t *t100us,
                   uint8_t *marks, uint32_t depth_samples, uint32_t first_sequence)
{
    ring->counts = counts;
    ring->t100us = t100us;
    ring->marks = marks;
    ring->depth_samples = depth_samples;
    ring->span_samples = 0;
    ring->next_sequence = first_sequence;
    ring->next_slot = 0;
    ring->overwritten_before_sequence = first_sequence;
    for (uint32_t i = 0; i < OSP_RING_MARK_BYTES(depth_samples); i++) {
        ring->marks[i] = 0;
    }
}

/* `sequence` lies within the span. */
static uint32_t slot_of(const struct osp_ring *ring, uint32_t sequence)
{
    uint32_t back = ring->next_sequence - sequence;
    return ring->next_slot >= back ? ring->next_slot - back
                                   : ring->depth_samples - (back - ring->next_slot);
}

static uint8_t mark_at(const struct osp_ring *ring, uint32_t slot)
{
    return (uint8_t)(ring->marks[slot / 4u] >> slot % 4u * 2u & MARK_BOTH);
}

static bool within(const struct osp_ring *ring, uint32_t sequence)
{
    return sequence - osp_ring_oldest(ring) < ring->span_samples;
}

uint32_t osp_ring_oldest(const struct osp_ring *ring)
{
    return ring->next_sequence - ring->span_samples;
}

bool osp_ring_holds(const struct osp_ring *ring, uint32_t sequence)
{
    return within(ring, sequence) && (mark_at(ring, slot_of(ring, sequence)) & MARK_SKIPPED) == 0;
}

/* Gives the oldest number up; returns 1 where a sample went with it. */
static uint32_t drop_oldest(struct osp_ring *ring)
{
    uint32_t oldest = osp_ring_oldest(ring);
    bool held = osp_ring_holds(ring, oldest);
    ring->span_samples--;
    if (held) {
        ring->overwritten_before_sequence = oldest + 1u;
    }
    return held ? 1 : 0;
}

/* Takes the next number, with its place; returns how many samples were overwritten. */
static uint32_t take_number(struct osp_ring *ring, uint8_t mark)
{
    uint32_t slot = ring->next_slot;
    uint32_t shift = slot % 4u * 2u;
    uint32_t overwritten = ring->span_samples == ring->depth_samples ? drop_oldest(ring) : 0;
    uint32_t others = ring->marks[slot / 4u] & ~((uint32_t)MARK_BOTH << shift);
    ring->marks[slot / 4u] = (uint8_t)(others | (uint32_t)mark << shift);
    ring->next_slot = slot + 1u == ring->depth_samples ? 0 : slot + 1u;
    ring->next_sequence++;
    ring->span_samples++;
    return overwritten;
}

uint32_t osp_ring_put(struct osp_ring *ring, const int16_t counts[OSP_SAMPLE_AXES],
                      uint16_t t100us, uint32_t lost_samples, bool begins)
{
    uint32_t overwritten = 0;
    uint32_t slot;
    while (lost_samples >= ring->depth_samples && ring->span_samples > 0) {
        overwritten += drop_oldest(ring);
    }
    if (ring->span_samples == 0) {
        ring->next_sequence += lost_samples; /* nothing before: no place has to be taken */
        lost_samples = 0;
    }
    while (lost_samples > 0) {
        overwritten += take_number(ring, MARK_SKIPPED);
        lost_samples--;
    }
    slot = ring->next_slot;
    overwritten += take_number(ring, begins ? MARK_BEGINS : 0);
    for (size_t axis = 0; axis < OSP_SAMPLE_AXES; axis++) {
        ring->counts[slot][axis] = counts[axis];
    }
    ring->t100us[slot] = t100us;
    while (!osp_ring_holds(ring, osp_ring_oldest(ring))) {
        drop_oldest(ring); /* the oldest number is always one that is held */
    }
    return overwritten;
}

void osp_ring_read(const struct osp_ring *ring, uint32_t sequence, int16_t counts[OSP_SAMPLE_AXES],
                   uint16_t *t100us)
{
    uint32_t slot = slot_of(ring, sequence);
    for (size_t axis = 0; axis < OSP_SAMPLE_AXES; axis++) {
        counts[axis] = ring->counts[slot][axis];
    }
    *t100us = ring->t100us[slot];
}

uint32_t osp_ring_seek(const struct osp_ring *ring, uint32_t sequence)
{
    if (sequence == ring->next_sequence) {
        return sequence;
    }
    if (!within(ring, sequence)) {
        return osp_ring_oldest(ring);
    }
    while (!osp_ring_holds(ring, sequence)) {
        sequence++; /* the newest number is always one that is held */
    }
    return sequence;
}

uint8_t osp_ring_run(const struct osp_ring *ring, uint32_t sequence, uint8_t most)
{
    uint8_t count = 0;
    while (count < most && osp_ring_holds(ring, sequence)) {
        if (count > 0 && (mark_at(ring, slot_of(ring, sequence)) & MARK_BEGINS) != 0) {
            break;
        }
        count++;
        sequence++;
    }
    return count;
}

bool osp_ring_part(const struct osp_ring *ring, struct osp_range *range)
{
    uint32_t oldest = osp_ring_oldest(ring);
    if (ring->span_samples == 0) {
        return false;
    }
    if (!within(ring, range->first_sequence)) {
        uint32_t before = oldest - range->first_sequence;
        if (before >= range->count_samples) {
            return false;
        }
        range->first_sequence = oldest;
        range->count_samples -= before;
    }
    if (range->count_samples > ring->next_sequence - range->first_sequence) {
        range->count_samples = ring->next_sequence - range->first_sequence;
    }
    return range->count_samples > 0;
}

size_t osp_ring_packet(const struct osp_ring *ring, enum osp_kind kind, uint32_t sequence,
                       uint8_t most, uint8_t out[OSP_PACKET_MAX_BYTES])
{
    struct osp_packet packet;
    packet.kind = (uint8_t)kind;
    packet.count = osp_ring_run(ring, sequence, most);
    packet.first_sequence = sequence;
    packet.t100us = 0;
    packet.samples = NULL;
    for (uint8_t i = packet.count; i > 0; i--) {
        int16_t counts[OSP_SAMPLE_AXES];
        osp_ring_read(ring, sequence + i - 1u, counts, &packet.t100us);
        osp_packet_put_sample(out, (uint8_t)(i - 1u), counts);
    }
    return osp_packet_encode(&packet, out);
}

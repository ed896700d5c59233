/* Many packets in one call: crossing from Python for each costs more than the codec does. */
#include "open_sensor_packet.h"

struct columns {
    uint8_t *kind;
    uint8_t *count;
    uint32_t *first_sequence;
    uint16_t *t100us;
    int16_t (*counts)[OSP_SAMPLE_AXES];
};

static size_t keep(const struct columns *columns, size_t at, size_t sample,
                   const struct osp_packet *packet)
{
    columns->kind[at] = packet->kind;
    columns->count[at] = packet->count;
    columns->first_sequence[at] = packet->first_sequence;
    columns->t100us[at] = packet->t100us;
    for (uint8_t i = 0; i < packet->count; i++) {
        osp_packet_sample(packet, i, columns->counts[sample + i]);
    }
    return sample + packet->count;
}

/* Returns how many packets of `sizes` were decoded before one was refused. */
size_t batch_decode(const uint8_t *bytes, const uint16_t *sizes, size_t packets,
                    const struct columns *columns);
size_t batch_decode(const uint8_t *bytes, const uint16_t *sizes, size_t packets,
                    const struct columns *columns)
{
    size_t sample = 0;
    for (size_t at = 0; at < packets; at++) {
        struct osp_packet packet;
        if (osp_packet_decode(bytes, sizes[at], &packet) != OSP_FINE) {
            return at;
        }
        sample = keep(columns, at, sample, &packet);
        bytes += sizes[at];
    }
    return packets;
}

/* The same, byte by byte and without sizes. */
size_t batch_stream(const uint8_t *bytes, size_t size, const struct columns *columns);
size_t batch_stream(const uint8_t *bytes, size_t size, const struct columns *columns)
{
    struct osp_stream stream;
    size_t at = 0;
    size_t sample = 0;
    osp_stream_init(&stream);
    for (size_t i = 0; i < size; i++) {
        struct osp_packet packet;
        enum osp_fault fault;
        if (osp_stream_put(&stream, bytes[i], &packet, &fault)) {
            sample = keep(columns, at, sample, &packet);
            at++;
        } else if (fault != OSP_FINE) {
            return at;
        }
    }
    return at;
}

/* Returns bytes. */
size_t batch_encode(const struct columns *columns, size_t packets, uint8_t *out);
size_t batch_encode(const struct columns *columns, size_t packets, uint8_t *out)
{
    size_t size = 0;
    size_t sample = 0;
    for (size_t at = 0; at < packets; at++) {
        struct osp_packet packet;
        packet.kind = columns->kind[at];
        packet.count = columns->count[at];
        packet.first_sequence = columns->first_sequence[at];
        packet.t100us = columns->t100us[at];
        packet.samples = NULL;
        for (uint8_t i = 0; i < packet.count; i++) {
            osp_packet_put_sample(out + size, i, columns->counts[sample + i]);
        }
        sample += packet.count;
        size += osp_packet_encode(&packet, out + size);
    }
    return size;
}

"""What PROTOCOL.md, section 13, prints: (name, structure, bytes), in its order."""

WORKED_EXAMPLES = (
    (
        "info",
        "info",
        "01 02 01 00 02 04 ef be ed 5e 03 07 53 53 2d 30 30 34 32 04 05 52 65 66 2d 31 05 05 31 2e"
        "30 2e 30 06 08 40 96 01 00 80 2c 03 00 07 0a 08 40 da 7f 39 10 40 da ff 39 08 06 d0 07 29"
        "5c 8f 3d 09 04 50 46 00 00 0a 04 06 00 00 00 0b 02 01 02 0f 05 00 60 09 40 06",
    ),
    ("START", "request", "01 2a 80 2c 03 00 10 d0 07 5e ea 15 0d 84 03 08"),
    ("START, its reply", "reply", "81 2a 00 70 11 01 00 40 ef 5a 07 00 00"),
    ("START at 200 Hz", "request", "01 2f 40 0d 03 00 10 d0 07 5e ea 15 0d 84 03 08"),
    ("START at 200 Hz, its reply", "reply", "81 2f 04 02"),
    (
        "live packet",
        "packet",
        "11 02 70 11 01 00 b7 7a f4 ff f9 07 9a 00 03 00 f8 ff 00 00 f6 ff fb 07 96 00 05 00 f7 ff"
        "ff ff",
    ),
    ("backfill packet", "packet", "12 01 ff ff ff ff 00 00 00 80 00 00 ff 7f 00 00 00 00 00 00"),
    ("status", "status", "84 11 01 00 34 cb 00 00 15 cd 5b 07 00 00 ef be 57 01 00 00"),
    ("RESEND", "request", "03 2b 83 11 01 00 90 01 00 00"),
    ("RESEND, its reply", "reply", "83 2b 00 83 11 01 00 90 01 00 00"),
    ("RESEND, done", "done", "c3 2b 00 83 11 01 00 90 01 00 00 90 01 00 00"),
    ("RESEND of what is not held", "request", "03 2c 10 27 00 00 64 00 00 00"),
    ("RESEND of what is not held, its reply", "reply", "83 2c 01 34 cb 00 00 14 13 01 00"),
    ("ACK", "request", "04 2d 13 13 01 00"),
    ("ACK, its reply", "reply", "84 2d 00 4c cc 00 00"),
    ("TIME", "request", "05 2e"),
    ("TIME, its reply", "reply", "85 2e 00 40 59 73 07 00 00 00 00 9e 5a 73 07 00 00 00 00"),
    ("unknown op", "request", "20 30"),
    ("unknown op, its reply", "reply", "a0 30 03"),
    (
        "relay frame",
        "relay_frame",
        "01 00 02 00 07 00 00 00 40 54 89 00 00 00 00 00 04 00 00 00 00 00 00 00 0a 00 01 01 02 53"
        "53 2d 30 30 34 32 01 00 02 00 dc 05 00 00 14 00 11 01 70 11 01 00 b7 7a f4 ff f9 07 9a 00"
        "03 00 f8 ff 00 00 e7 d4 50 bc",
    ),
)

"""What the sensor needs of the hardware."""


class Board:
    """Hardware that does nothing; a port overrides what it has."""

    def start_imu(self, rate_mhz: int, acc_range_g: int, gyr_range_dps: int) -> bool:
        """Begin to measure; False if the inertial sensor does not answer."""
        return True

    def stop_imu(self) -> None:
        """End it."""

    def identify(self, seconds: int) -> None:
        """Blink; 0 ends it. The sensor itself calls with 0 when the time is over."""

    def store_label(self, side: int, placement: int) -> None:
        """Keep the label over restarts."""

    def self_test(self) -> int:
        """Faults: bit 0 accelerometer, 1 gyroscope, 2 memory, 3 clock. At most 1 s."""
        return 0

    def factory_reset(self) -> None:
        """Delete bonds and start anew; the label is gone. Called once the reply has arrived."""

    def sleep(self) -> None:
        """Power down. Called once the reply has arrived."""

    def allows(self, op: int) -> bool:
        """Whether the client on the link may do this; False is answered DENIED."""
        return True

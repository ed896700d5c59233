"""The authority as a configuration profile, which is how iPhones and iPads take a certificate.

The profile is not signed: a signature would need an authority that the phone trusts already.
Format: Apple, Configuration Profile Reference, payload `com.apple.security.root`.
"""

from __future__ import annotations

import plistlib
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.certificates.authority import Authority

IDENTIFIER = "local.sensor-screen.authority"
DESCRIPTION = (
    "Lets this device recognise the computer of the clinic on the local network. It holds for "
    "names that end in .local and for private addresses only."
)


def mobileconfig(authority: Authority, description: str = DESCRIPTION) -> bytes:
    """An XML property list; the same authority gives the same profile, so that it replaces itself.

    Args:
        authority: Its certificate goes in, its key does not.
        description: What the phone says before it is installed.
    """
    of_profile = uuid.uuid5(uuid.NAMESPACE_URL, f"{IDENTIFIER}:{authority.fingerprint}")
    of_certificate = uuid.uuid5(of_profile, "certificate")
    identifier = f"{IDENTIFIER}.{of_profile}"
    certificate = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.certificate",
        "PayloadUUID": str(of_certificate).upper(),
        "PayloadDisplayName": authority.name,
        "PayloadCertificateFileName": "sensor-screen-ca.cer",
        "PayloadContent": authority.der,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": str(of_profile).upper(),
            "PayloadDisplayName": authority.name,
            "PayloadDescription": description,
            "PayloadOrganization": "sensor-screen",
            "PayloadContent": [certificate],
        }
    )

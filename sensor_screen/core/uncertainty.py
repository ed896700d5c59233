"""How far the angle may be wrong: everything that is known to add to its error.

A Kalman variance counts only the errors in the model. What soft tissue and tilted axes do shows in
how far apart the two sensors see the joint centre, and in inversion seen about a tilted axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import AxisOrigin

if TYPE_CHECKING:
    from sensor_screen.core.joint_angle import AngleParams
    from sensor_screen.model import Calibration, Floats


@dataclass(frozen=True, slots=True)
class ErrorSources:
    """What the uncertainty of dorsiflexion is made of."""

    variance_rad2: Floats  # (n,) of the estimator
    tilt_rad: Floats  # (n,) by which the flexion axis may point forward or back
    inversion_rad: Floats  # (n,)
    misfit_m: Floats  # (n,) of the joint centres
    foot_rate_radps: Floats  # (n,) of the foot about the flexion axis
    stand_s: float
    """How long the neutral pose lasted."""
    clock_residual_s: float


def axis_tilt(sigma_rad: Floats, calibration: Calibration, params: AngleParams) -> Floats:
    """(n,) 1 sigma by which the flexion axis may point forward or back.

    Args:
        sigma_rad: (n,) of the axis in any direction, by the estimator; it knows its own noise only,
            so the calibration's error counts where that is larger.
        calibration: Where the axis came from, and its error.
        params: Tuning.
    """
    moved = calibration.axis_origin is AxisOrigin.MOVEMENT
    share = params.moved_tilt_share if moved else params.tilt_share
    tilt: Floats = share * np.maximum(sigma_rad, calibration.axis_error_rad)
    return tilt


def total_sigma(flexion: Floats, sources: ErrorSources, params: AngleParams) -> Floats:
    """(n,) 1 sigma of dorsiflexion.

    On a body most of it is told by how well the two sensors agree on the joint centre. Where they
    do agree, what is left is inversion that a tilted axis mixes into flexion: the tilt times the
    inversion of the moment, and what of it may hide. The rest is a share of the estimator's
    variance, the zero of a short stand, gain, and what the foot turns within the clock residual:

        sigma^2 = floor^2 + zero^2 + curve(misfit)^2
                + share * loose * min(v, usual) + max(v - usual, 0)     v: of the estimator
                + (gain * flexion)^2 + tilt^2 (inversion^2 + (tilt * hidden)^2)
                + (foot rate * clock residual)^2

    Args:
        flexion: (n,) rad.
        sources: What the uncertainty is made of.
        params: Tuning.
    """
    from sensor_screen.core.angle_kernels import SigmaTerms, add_errors

    zero = params.short_stand_rad * max(0.0, 1.0 - sources.stand_s / params.full_stand_s)
    terms = SigmaTerms(
        constant_rad2=params.floor_rad**2 + zero**2,
        misfits_m=np.asarray(params.misfits_m),
        misfit_sigmas_rad=np.asarray(params.misfit_sigmas_rad),
        usual_rad2=params.usual_sigma_rad**2,
        estimator_share=params.estimator_share,
        typical_misfit_m=params.typical_misfit_m,
        stiffest=params.stiffest,
        loosest=params.loosest,
        proportional=params.proportional,
        hidden_flexion_rad=params.hidden_flexion_rad,
        clock_residual_s=sources.clock_residual_s,
    )
    sigma = np.empty(len(flexion))
    add_errors(
        flexion,
        sources.inversion_rad,
        sources.tilt_rad,
        sources.variance_rad2,
        sources.misfit_m,
        sources.foot_rate_radps,
        terms,
        sigma,
    )
    return sigma

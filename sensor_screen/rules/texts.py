"""Every sentence that a judgement can say, in plain English.

Rules of the texts: what was found before what it means; no figure in a finding's sentence; words
of a screen and never of a diagnosis; the same words for the left and the right leg.
"""

from __future__ import annotations

from sensor_screen.judgement import Panel, Zone
from sensor_screen.model import Side, Task

DISCLAIMER = (
    "This is a movement screen, not a diagnosis. It cannot see bone, cartilage or ligament. Zones "
    "are defaults, not clinical cut-offs. Pain, swelling or giving way: see a qualified clinician. "
    "Cannot take four steps, or the ankle is hot, deformed or numb: urgent help."
)

CARE_PATHWAY = (
    "First physical therapy: an examination, movement, strength and balance training, footwear, "
    "and a step-by-step return to what you want to do.",
    "If that does not help, or the ankle locks, gives way or stays swollen: a clinician, who can "
    "order imaging (X-ray or MRI) to look for a cause that no movement screen can see.",
    "A prescriber may then add anti-inflammatory medication, or an injection.",
    "Surgery is the last step, for ankles that everything before it has not helped.",
)

TASK_NAMES = {
    Task.STAND: "standing",
    Task.PUMP: "pumps",
    Task.LUNGE: "lunge",
    Task.POINT: "point",
    Task.SQUAT: "squat",
    Task.STAIRS_UP: "stairs up",
    Task.STAIRS_DOWN: "stairs down",
    Task.KICK: "kick",
    Task.BALANCE: "balance",
    Task.WALK: "walk",
    Task.MOVE: "movement",
}

ZONE_NAMES = {
    Zone.GREEN: "room to spare",
    Zone.AMBER: "getting close",
    Zone.RED: "near end range",
    Zone.BEYOND: "past tested range",
    Zone.UNRESOLVED: "cannot be told apart",
}

PANEL_NAMES = {Panel.ANTERIOR: "front of the ankle", Panel.POSTERIOR: "back of the ankle"}

PANEL_MOVEMENTS = {
    Panel.ANTERIOR: "Front: the ankle bends, the talus glides back",
    Panel.POSTERIOR: "Back: the toes point, the talus glides forward",
}
"""The talus *glides* back under the shin as the ankle bends, and forward as the toes point."""

SUBJECTS = {
    Task.SQUAT: ("Squats", True),
    Task.STAIRS_UP: ("Climbing stairs", False),
    Task.STAIRS_DOWN: ("Going down stairs", False),
    Task.KICK: ("Kicks", True),
    Task.WALK: ("Walking", False),
}
"""A task as the subject of a sentence, and whether it is many."""

_PLACES = {Panel.ANTERIOR: "front", Panel.POSTERIOR: "back"}
_RANGES = {Panel.ANTERIOR: "bending range", Panel.POSTERIOR: "pointing range"}

_SENTENCES = {
    Zone.GREEN: "{subject} {leave} room to spare at the {place} of your {ankle}.",
    Zone.AMBER: "{subject} {bring} your {ankle} close to the end of its {range}.",
    Zone.RED: "{subject} {take} your {ankle} to about the end of its {range}.",
    Zone.BEYOND: "{subject} {go} past the {range} that your {ankle} showed in the range test.",
    Zone.UNRESOLVED: "The {range} of your {ankle} is too small to say how close {task} {come} "
    "to its end.",
}

_MEANINGS = {
    Zone.GREEN: "This position stays away from the impingement-prone range at the {panel}.",
    Zone.AMBER: "This position comes up to the impingement-prone range at the {panel}, where soft "
    "tissue or bone can be pinched.",
    Zone.RED: "This position lies in the impingement-prone range at the {panel}, where soft tissue "
    "or bone can be pinched. It is common in healthy ankles too: it matters when it hurts there.",
    Zone.BEYOND: "Either this position lies in the impingement-prone range at the {panel}, or the "
    "range test stopped short. Repeat the range test first.",
    Zone.UNRESOLVED: "The zones would be smaller than the error of the measurement. What counts "
    "here is the small range itself, and whether it hurts at the {panel}.",
}


def ankle_name(side: Side) -> str:
    """`left ankle`, or `ankle` where nobody said which."""
    return "ankle" if side == Side.NONE else f"{side.value} ankle"


def finding_sentence(task: Task, side: Side, panel: Panel, zone: Zone) -> str:
    """What was found: one sentence without figures."""
    subject, many = SUBJECTS[task]
    verbs = ("leave", "bring", "take", "go", "come")
    third = {"go": "goes"}
    return _SENTENCES[zone].format(
        subject=subject,
        task=subject.lower(),
        ankle=ankle_name(side),
        place=_PLACES[panel],
        range=_RANGES[panel],
        **{verb: verb if many else third.get(verb, verb + "s") for verb in verbs},
    )


def finding_meaning(panel: Panel, zone: Zone) -> str:
    """What the position means for this side of the joint."""
    return _MEANINGS[zone].format(panel=PANEL_NAMES[panel])


def kick_count(past_line: int, past_error: int, count: int, usual_share: float) -> str:
    """How many single kicks passed the line, beside how many do in healthy players."""
    past = "No kick" if past_line == 0 else f"{past_line} of {count} kicks"
    by_error = ""
    if past_line:
        more = "none" if past_error == 0 else str(past_error)
        by_error = f", {more} by more than the error"
    return (
        f"{past} went past the tested range{by_error}. In a study of elite players "
        f"{100 * usual_share:.0f} % of kicks did."
    )


def threshold_note(amber_deg: float, red_deg: float, end_deg: float, error_deg: float) -> str:
    """The limits behind a zone, in degrees."""
    return (
        f"Getting close from {amber_deg:.1f}°, near end range from {red_deg:.1f}°, past the tested "
        f"range above {end_deg + error_deg:.1f}°; own end range {end_deg:.1f}°, smallest change "
        f"that can be told {error_deg:.1f}°. Defaults, not diagnostic cut-offs."
    )


def unresolved_note(end_deg: float, error_deg: float) -> str:
    """Why there are no limits."""
    return (
        f"No zones: an own end range of {end_deg:.1f}° cannot hold zones that are all at least as "
        f"wide as the smallest change that can be told, {error_deg:.1f}°."
    )


# --- advice --------------------------------------------------------------------------------------

MODIFY = {
    (Panel.ANTERIOR, Task.SQUAT): "If squats hurt at the front of your {ankle}, squat less deep "
    "for now, for instance to a box{less}.",
    (Panel.ANTERIOR, None): "If {task} hurts at the front of your {ankle}, do less of it for now, "
    "or take smaller steps{less}.",
    (Panel.POSTERIOR, Task.KICK): "If kicks hurt at the back of your {ankle}, kick less often for "
    "now, or with the inside of the foot{less}.",
    (Panel.POSTERIOR, None): "If {task} hurts at the back of your {ankle}, do less of it for now, "
    "and point your toes less{less}.",
}
MODIFY_LESS = ": {degrees:.0f}° less {movement} leaves the last part of your range"
MODIFY_GENERAL = "Change or limit what hurts, as far and as long as it needs."

FOOTWEAR = {
    (True, False): "If your {ankle} hurts at the front, try a slightly raised heel in squats and "
    "on stairs: the ankle then bends less.",
    (False, True): "If your {ankle} hurts at the back, avoid raised heels: the toes then point "
    "more and load the back.",
    (True, True): "Your {ankle}: a raised heel eases the front and loads the back. Try one in "
    "squats if the front hurts, never for kicking.",
}
FOOTWEAR_GENERAL = "Wear footwear that fits the activity and holds the ankle."

MOBILITY = {
    (True, False): "Your {ankle}: keep its bend with gentle knee-to-wall lunges. Stop before the "
    "pinch and never push into a painful block. Less than {change:.0f}° is no real change.",
    (False, True): "Your {ankle}: move it gently through its range, and do not press the toes into "
    "a full point. Less than {change:.0f}° is no real change.",
    (True, True): "Your {ankle}: move it gently through its middle range, and press neither into a "
    "full bend nor into a full point. Less than {change:.0f}° is no real change.",
}
MOBILITY_GENERAL = "Keep the ankle moving through its whole comfortable range."

STRENGTH = "Keep calf and leg strong with regular exercise. This screen does not measure strength."
BALANCE = (
    "Train balance, for instance on one leg. It prevents sprains, which often come before an "
    "ankle is pinched."
)
TECHNIQUE = "Let a coach, trainer or therapist look at how you do this: {tasks} (your {ankle})."
TECHNIQUE_GENERAL = "Let a coach, trainer or therapist look at how you move in your sport."

"""What people consent to: a text for each version and language. A version is never changed.

A new text is added at the end of `TEXTS` with the day it is of; from then on earlier consents are
of an older version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENGLISH_1 = """\
What is recorded. Two small sensors for each leg that is screened, one on the shin and one on \
the foot, measure acceleration and rotation while you move. With it are kept: a pseudonym, your \
year of birth if you say it, your answers to the questions before the screen, the dates, notes \
and goals, and the reports that are made of all this. Your name is kept only if the clinic \
enters it.

Why. To see how close your ankle movements come to the end of your own range, and to give you \
advice on how to move and train. It is used for nothing else, and it is not sold or used for \
advertising.

What it is not. This is a screen of movement. It is no diagnosis and does not replace an \
examination. If something hurts, swells or gives way, ask a physician, whatever a report says.

Who sees it. The staff of the clinic, and you if you have an account. A program that the clinic \
has connected sees your pseudonym and not your name.

How long. Until you ask for it to be erased, or until the time that the clinic has set is over; \
it is told beside this text. Copies in backups go when the backups do, and are not brought back.

Your choice. Taking part is up to you, and no treatment depends on it. You can withdraw this \
consent at any time, without a reason; from then on nothing more is recorded. What was recorded \
before stays lawful. You can ask for a copy of everything, for corrections, and for everything \
to be erased, and you can complain to a data protection authority.
"""
_GERMAN_1 = """\
Was aufgezeichnet wird. Zwei kleine Sensoren je untersuchtem Bein, einer am Schienbein und einer \
am Fuß, messen Beschleunigung und Drehung, während Sie sich bewegen. Dazu werden gespeichert: \
ein Pseudonym, Ihr Geburtsjahr, falls Sie es nennen, Ihre Antworten auf die Fragen vor dem \
Screening, die Tage, Notizen und Ziele sowie die Berichte, die daraus entstehen. Ihr Name wird \
nur gespeichert, wenn die Praxis ihn einträgt.

Wozu. Um zu sehen, wie nah die Bewegungen Ihres Sprunggelenks an das Ende Ihres eigenen \
Bewegungsumfangs kommen, und um Ihnen Rat für Bewegung und Training zu geben. Für anderes werden \
die Daten nicht verwendet, auch nicht verkauft oder für Werbung genutzt.

Was es nicht ist. Dies ist ein Screening der Bewegung. Es ist keine Diagnose und ersetzt keine \
Untersuchung. Wenn etwas schmerzt, anschwillt oder nachgibt, fragen Sie eine Ärztin oder einen \
Arzt, was auch immer ein Bericht sagt.

Wer es sieht. Das Personal der Praxis, und Sie selbst, wenn Sie ein Konto haben. Ein Programm, \
das die Praxis angebunden hat, sieht Ihr Pseudonym und nicht Ihren Namen.

Wie lange. Bis Sie die Löschung verlangen oder bis die Frist abgelaufen ist, die die Praxis \
gesetzt hat; sie steht neben diesem Text. Kopien in Sicherungen vergehen mit den Sicherungen und \
werden nicht zurückgeholt.

Ihre Wahl. Die Teilnahme steht Ihnen frei, und keine Behandlung hängt davon ab. Sie können diese \
Einwilligung jederzeit und ohne Grund widerrufen; von da an wird nichts mehr aufgezeichnet. Was \
vorher aufgezeichnet wurde, bleibt rechtmäßig. Sie können eine Kopie von allem verlangen, \
Berichtigung und die Löschung von allem, und Sie können sich bei einer Aufsichtsbehörde für \
Datenschutz beschweren.
"""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "2026-11-27": {"en": _ENGLISH_1, "de": _GERMAN_1},
}
"""Version -> language -> text; the newest last."""
NEWEST = [*TEXTS][-1]

/* doctor.c - how a finding is told
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/doctor.h"

static const char *const states[DOCTOR__MAX] = { "ok", "unseen", "warning",
	"fault" };

void
doctor_say(struct doctor *d, const char *subject, enum doctor_state state,
    const char *found, const char *act)
{
	d->count[state]++;
	say_text(d->c, "state", states[state]);
	say_text(d->c, "subject", subject);
	say_text(d->c, "found", found);
	if (act)
		say_text(d->c, "what_to_do", act);
	else
		say_null(d->c, "what_to_do");
	say_row(d->c);
}

void
doctor_clock(struct doctor *d, const char *whose, int64_t theirs_us,
    int64_t before_us, int64_t after_us)
{
	struct arena *a = command_arena(d->c);
	const char *subject = arena_printf(a, "clock of %s", whose);
	int64_t off_us = theirs_us < before_us  ? theirs_us - before_us
	                 : theirs_us > after_us ? theirs_us - after_us
	                                        : 0;
	long off_s = (long)(off_us / 1000000);

	if (off_s > DOCTOR_SKEW_S || off_s < -DOCTOR_SKEW_S)
		doctor_say(d, subject, DOCTOR_FAULT,
		    arena_printf(a, "it is %ld s %s this host's",
			off_s < 0 ? -off_s : off_s,
			off_s < 0 ? "behind" : "ahead of"),
		    "set both by NTP: tokens and ends of secrets depend on it");
	else
		doctor_say(d, subject, DOCTOR_OK, "as this host's", NULL);
}

const char *
doctor_cure(struct str subject)
{
	if (str_is(subject, "audit"))
		return "start `wardgate keep`; `wardgate keep --once` makes "
		       "them now";
	if (str_is(subject, "writable"))
		return "let `database` in the settings name the primary too";
	return "`wardgate migrate status` shows what is applied";
}

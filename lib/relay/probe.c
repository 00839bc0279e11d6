/* probe.c - each call of the contract once, and what came of it, in words
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/probe.h"

#include <string.h>

#include "base/clock.h"
#include "relay/probe_parts.h"

/* What each is called, and whether a clinician misses it. */
/* clang-format off */
static const struct call {
	const char *name, *title;
	bool vital; /* without it nothing works */
} calls[PROBE_CALL__MAX] = {
	[PROBE_REACH] = { "reach", "Connection", true },
	[PROBE_CERTIFICATE] = { "certificate", "Certificate", true },
	[PROBE_STATEMENT] = { "statement", "Statement", false },
	[PROBE_VERSION] = { "version", "FHIR version", true },
	[PROBE_AUTH] = { "auth", "Credential", true },
	[PROBE_CLOCK] = { "clock", "Clock", false },
	[PROBE_READ] = { "patient-read", "Patient by id", true },
	[PROBE_FAMILY] = { "patient-family", "Patient by family name", false },
	[PROBE_CONTAINS] = { "patient-contains", "Patient by a part of the family name", false },
	[PROBE_GIVEN] = { "patient-given", "Patient by given name", false },
	[PROBE_IDENTIFIER] = { "patient-identifier", "Patient by record number", false },
	[PROBE_POST] = { "patient-post", "Patient search by POST", false },
	[PROBE_OBSERVATION] = { "observation", "Vital signs", false },
	[PROBE_CONDITION] = { "condition", "Conditions", false },
	[PROBE_ENCOUNTER] = { "encounter", "Encounters", false },
	[PROBE_ALLERGY] = { "allergy", "Allergies", false },
	[PROBE_MEDICATION] = { "medication", "Medications", false },
	[PROBE_COVERAGE] = { "coverage", "Insurance", false },
	[PROBE_LOCATION] = { "location", "Place of the patient", false },
	[PROBE_SORT] = { "sort", "Newest first", false },
	[PROBE_TOTAL] = { "total", "Number of matches", false },
	[PROBE_BATCH] = { "batch", "Several calls at once", false },
	[PROBE_PAGING] = { "paging", "Further pages", false },
	[PROBE_SPEED] = { "speed", "Speed", false },
};
/* clang-format on */

static const char *const words[PROBE_WORD__MAX] = {
	[PROBE_UNSEEN] = "unseen",
	[PROBE_OK] = "ok",
	[PROBE_NATIVE] = "native",
	[PROBE_EMULATED] = "emulated",
	[PROBE_MISSING] = "missing",
	[PROBE_FAULT] = "fault",
};

static const char *const verdicts[] = {
	[PROBE_USABLE] = "usable",
	[PROBE_GAPS] = "gaps",
	[PROBE_UNUSABLE] = "unusable",
};

const char *
probe_call_name(enum probe_call c)
{
	return calls[c].name;
}

const char *
probe_call_title(enum probe_call c)
{
	return calls[c].title;
}

const char *
probe_word_name(enum probe_word w)
{
	return words[w];
}

const char *
probe_verdict_name(enum probe_verdict v)
{
	return verdicts[v];
}

/* ---- the verdict ------------------------------------------------------------ */

static bool
is_bad(const struct probe_finding *f)
{
	return f->word == PROBE_MISSING || f->word == PROBE_FAULT;
}

/* Whom the app cannot look up by name nor by number it cannot show. */
static bool
nobody_found(const struct probe_report *r)
{
	return r->finding[PROBE_FAMILY].word == PROBE_MISSING &&
	       r->finding[PROBE_IDENTIFIER].word == PROBE_MISSING;
}

/* "Insurance, Clock": those that fit, in the order of the report. */
static const char *
titles(const struct probe *p, bool (*fits)(const struct probe_finding *))
{
	struct buf b = buf_new(p->a, 2048);

	for (int c = 0; c < PROBE_CALL__MAX; c++)
		if (fits(&p->r->finding[c]))
			buf_fmt(&b, "%s%s", b.len ? ", " : "", calls[c].title);
	return buf_text(&b);
}

static const char *
not_usable(const struct probe *p)
{
	for (int c = 0; c < PROBE_CALL__MAX; c++)
		if (calls[c].vital && is_bad(&p->r->finding[c]))
			return arena_printf(
			    p->a, "Not usable: %s", p->r->finding[c].found);
	return nobody_found(p->r) ? "Not usable: no patient can be found, by "
	                            "name nor by record number."
	                          : NULL;
}

static bool
is_unseen(const struct probe_finding *f)
{
	return f->word == PROBE_UNSEEN && f->loss;
}

static void
judge(struct probe *p)
{
	struct probe_report *r = p->r;
	const char *bad, *unseen;

	if ((r->reason = not_usable(p))) {
		r->verdict = PROBE_UNUSABLE;
		return;
	}
	bad = titles(p, is_bad);
	unseen = titles(p, is_unseen);
	r->verdict = *bad || *unseen || p->nobody ? PROBE_GAPS : PROBE_USABLE;
	r->reason =
	    r->verdict == PROBE_USABLE
		? "Usable: all calls are answered."
		: arena_printf(p->a, "Usable with gaps%s%s%s%s%s",
		      *bad ? ": " : "", bad, *unseen ? "; not seen: " : "",
		      unseen, p->nobody ? "; no test patient." : ".");
}

/* ---- the run ---------------------------------------------------------------- */

static void
tell_speed(struct probe *p)
{
	if (!p->answers)
		return;
	if (p->slowest_ms < PROBE_SLOW_MS)
		probe_say(p, PROBE_SPEED, PROBE_OK, NULL,
		    arena_printf(
			p->a, "The slowest answer took %u ms.", p->slowest_ms),
		    NULL);
	else
		probe_say(p, PROBE_SPEED, PROBE_FAULT, NULL,
		    arena_printf(p->a,
			"The server is slow: an answer took %u.%u seconds.",
			p->slowest_ms / 1000, p->slowest_ms % 1000 / 100),
		    "Clinicians wait that long, and the app may give up before "
		    "it.");
	p->r->finding[PROBE_SPEED].ms = p->slowest_ms;
}

static void
start(struct probe *p)
{
	for (int c = 0; c < PROBE_CALL__MAX; c++)
		p->r->finding[c] =
		    (struct probe_finding){ .found = "It was not asked.",
			    .loss = "Nobody knows what clinicians will see." };
	ability_start(&p->r->can, p->ask->version);
	p->nobody = !p->ask->patient.len;
	p->id = p->nobody ? STR(PROBE_NOBODY) : p->ask->patient;
}

const struct probe_report *
probe_run(struct arena *a, const struct probe_ask *ask)
{
	struct probe p = { .a = a, .ask = ask, .r = arena_get(a, sizeof *p.r) };
	int64_t began_ms = clock_mono_ms();

	start(&p);
	probe_base(&p);
	if (!p.over)
		probe_persons(&p);
	if (!p.over)
		probe_kinds(&p);
	if (!p.over)
		probe_ways(&p);
	tell_speed(&p);
	judge(&p);
	p.r->took_ms = (unsigned)(clock_mono_ms() - began_ms);
	return p.r;
}

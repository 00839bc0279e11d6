/* probe.h - each call of the contract once, and what came of it, in words
 * SPDX-License-Identifier: Apache-2.0
 *
 * A provider is asked what the facade will ask it, with the records of one test
 * patient, by the same way (relay/upstream): is it there, what does it show,
 * what does it do itself, what is left to the gateway, what cannot be had, and
 * what does a clinician lose by that. Without a test patient the questions are
 * about nobody: then it is seen what is refused, and no record is read.
 *
 * Sentences are ours and hold no value of a record. One thread; nothing is
 * kept. */
#ifndef RELAY_PROBE_H
#define RELAY_PROBE_H

#include "fhir/ability.h"
#include "relay/upstream.h"

#define PROBE_SKEW_S  60           /* clocks may differ so much */
#define PROBE_SLOW_MS 5000         /* an answer that takes longer is told */
#define PROBE_ENDS_S  (14 * 86400) /* a certificate that ends before is told */

enum probe_call {
	PROBE_REACH,
	PROBE_CERTIFICATE,
	PROBE_STATEMENT,
	PROBE_VERSION,
	PROBE_AUTH,
	PROBE_CLOCK,
	PROBE_READ, /* of the patient */
	PROBE_FAMILY,
	PROBE_CONTAINS,
	PROBE_GIVEN,
	PROBE_IDENTIFIER,
	PROBE_POST,
	PROBE_OBSERVATION,
	PROBE_CONDITION,
	PROBE_ENCOUNTER,
	PROBE_ALLERGY,
	PROBE_MEDICATION,
	PROBE_COVERAGE,
	PROBE_LOCATION,
	PROBE_SORT,
	PROBE_TOTAL,
	PROBE_BATCH,
	PROBE_PAGING,
	PROBE_SPEED,
	PROBE_CALL__MAX
};

enum probe_word {
	PROBE_UNSEEN, /* could not be looked at */
	PROBE_OK,     /* what is no call, and as it should be */
	PROBE_NATIVE,
	PROBE_EMULATED,
	PROBE_MISSING,
	PROBE_FAULT, /* what is no call, and not as it should be */
	PROBE_WORD__MAX
};

/* Text is NUL-terminated, borrowed from the arena or constant. */
struct probe_finding {
	enum probe_word word;
	const char *found; /* never NULL */
	const char *loss;  /* what clinicians lose, or what to do; NULL: none */
	unsigned ms;       /* 0: nothing was asked for it alone */
	int status;        /* 0: none */
	bool asked;        /* else there was no sense in asking, or no time */
};

enum probe_verdict { PROBE_USABLE, PROBE_GAPS, PROBE_UNUSABLE };

struct probe_ask {
	struct engine *engine;
	const struct upstream_target *to;
	const char *shut; /* why its credential cannot be opened; NULL: it can,
	                   * or there is none */
	enum fhir_version version;
	struct str patient;    /* id of the test patient; absent: none */
	struct str mrn_system; /* of its record numbers; empty: not known */
	struct tree_limits limits;
	int64_t deadline_ms; /* clock_mono_ms of the whole probe */
};

struct probe_report {
	struct probe_finding finding[PROBE_CALL__MAX];
	enum probe_verdict verdict;
	const char *reason; /* the verdict in one sentence */
	struct ability can; /* what was seen, for gate/found */
	struct fetch_certificate certificate;
	unsigned took_ms;
};

/* probe_run - asks, one question after the other, until the deadline. Nothing
 * fails: what goes wrong is what is reported. Borrowed from a. */
const struct probe_report *probe_run(
    struct arena *a, const struct probe_ask *ask);

/* "patient-family"; "native"; "usable", "gaps", "unusable". */
const char *probe_call_name(enum probe_call c);
const char *probe_word_name(enum probe_word w);
const char *probe_verdict_name(enum probe_verdict v);

/* probe_call_title - what it is, for people. */
const char *probe_call_title(enum probe_call c);

#endif

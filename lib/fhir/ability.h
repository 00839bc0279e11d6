/* ability.h - what one provider can: its own words, and its operator's
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain data without pointers, so that a cache may copy it. Four voices speak
 * about the same fact, and a louder one is not overruled by a softer one,
 * whichever comes first: the FHIR version, the provider's statement, what was
 * seen when it was asked, the operator's switch. */
#ifndef FHIR_ABILITY_H
#define FHIR_ABILITY_H

#include <stdint.h>

#include "fhir/iface.h"

enum ability_fact {
	ABILITY_POST,     /* takes POST [type]/_search */
	ABILITY_CONTAINS, /* knows :contains */
	ABILITY_SORT,     /* knows _sort, and does it */
	ABILITY_TOTAL,    /* knows _total=accurate */
	ABILITY_BATCH,    /* takes a Bundle of type batch at its base */
	ABILITY_FACT__MAX
};

enum ability_answer { ABILITY_UNKNOWN, ABILITY_NO, ABILITY_YES };

enum ability_voice {
	ABILITY_NOBODY,
	ABILITY_VERSION,
	ABILITY_STATEMENT,
	ABILITY_SEEN,
	ABILITY_OPERATOR
};

/* How the Coverage of a person is asked for. */
enum ability_person {
	ABILITY_PERSON_UNKNOWN,
	ABILITY_PATIENT,       /* Coverage?patient= */
	ABILITY_BENEFICIARY,   /* Coverage?beneficiary= */
	ABILITY_SUBSCRIBER,    /* Coverage?subscriber= */
	ABILITY_POLICY_HOLDER, /* Coverage?policy-holder= */
	ABILITY_COMPARTMENT,   /* Patient/[id]/Coverage */
	ABILITY_PERSON_NONE,   /* it cannot be asked for */
	ABILITY_PERSON__MAX
};

/* One resource type in a statement. Bit i stands for the i-th parameter of
 * iface_resource. */
struct ability_type {
	bool listed;
	bool params_told;   /* search parameters are listed */
	bool contains_told; /* DSTU2: with the modifiers that they take */
	bool subject;       /* `subject` is among them */
	uint32_t params, contains;
	uint32_t passed; /* seen to be passed over, whatever is said */
	uint32_t heeded; /* seen not to be, though records did not fit */
};

struct ability {
	enum fhir_version version;
	bool told;   /* a statement was read */
	bool probed; /* what was seen was seen by a probe, of late */
	struct {
		uint8_t answer, voice;
	} facts[ABILITY_FACT__MAX];
	uint8_t person, person_voice;
	struct ability_type types[IFACE__MAX];
};

/* ability_start - what the version alone says. */
void ability_start(struct ability *can, enum fhir_version v);

/* ability_read - what a Conformance or CapabilityStatement says, read
 * leniently: what is odd in it counts as not said. A type that it does not
 * list is not served; a parameter that it leaves out while it lists others is
 * not known there. false: it is no statement, and nothing changed. */
bool ability_read(struct ability *can, const struct tree_node *statement);

/* ability_take - `can` learns what another one of the same version was told by
 * a statement. */
void ability_take(struct ability *can, const struct ability *told);

/* The operator's switches: "auto", "on", "off"; the person is "auto" or
 * "patient", "beneficiary", "subscriber", "policy-holder", "compartment",
 * "none". NULL and other words: "auto". */
struct ability_switches {
	const char *post, *contains, *sort, *total, *batch;
	const char *coverage_person;
};

void ability_switch(struct ability *can, const struct ability_switches *to);

/* ability_seen - the provider was asked so, and it did or refused it. */
void ability_seen(struct ability *can, enum ability_fact f, bool works);

/* ability_person_refused - it was asked for a Coverage that way and refused:
 * from then on the compartment; where that was refused, none. */
void ability_person_refused(struct ability *can, enum ability_person was);

/* ability_person_seen - it was asked for a Coverage that way, and answered. */
void ability_person_seen(struct ability *can, enum ability_person by);

/* ability_param_passed - it was asked by that parameter, named as its version
 * does, and answered as if it had not been there. ability_passed - was it? */
void ability_param_passed(
    struct ability *can, enum iface_type t, const struct iface_param *p);
bool ability_passed(
    const struct ability *can, enum iface_type t, const struct iface_param *p);

/* ability_param_heeded, ability_heeded - or it was found out that it goes by
 * that parameter, in its own way. */
void ability_param_heeded(
    struct ability *can, enum iface_type t, const struct iface_param *p);
bool ability_heeded(
    const struct ability *can, enum iface_type t, const struct iface_param *p);

/* ability_can - one fact. */
enum ability_answer ability_can(const struct ability *can, enum ability_fact f);

/* ability_param - can it search a type by this parameter, named as its version
 * does? ability_contains - does that parameter take :contains? Both are
 * ABILITY_UNKNOWN as long as nobody said anything. */
enum ability_answer ability_param(
    const struct ability *can, enum iface_type t, const struct iface_param *p);
enum ability_answer ability_contains(
    const struct ability *can, enum iface_type t, const struct iface_param *p);

/* ability_person_name - the search parameter, or "compartment", "none", "". */
const char *ability_person_name(enum ability_person p);

#endif

/* systems.c - the URL of a code system as each FHIR version writes it
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/systems.h"

#include <stdlib.h>
#include <string.h>

#define OLD "http://hl7.org/fhir/"
#define NEW "http://terminology.hl7.org/CodeSystem/"

/* clang-format off */

/* OLD name in DSTU2 and STU3, NEW name in R4; sorted by strcmp. The v2 and v3
 * tables are a rule, not a list. */
static const char *const moved[] = {
	"FDI-surface", "action-type", "activity-definition-category",
	"adjudication", "adjudication-error", "adjudication-reason",
	"admit-source", "adverse-event-category",
	"adverse-event-causality-assess", "adverse-event-causality-method",
	"adverse-event-outcome", "adverse-event-seriousness",
	"allerg-intol-substance-exp-risk", "audit-entity-type",
	"audit-event-type", "basic-resource-type", "benefit-network",
	"benefit-term", "benefit-type", "benefit-unit",
	"chargeitem-billingcodes", "choice-list-orientation",
	"chromosome-human", "claim-exception", "claimcareteamrole",
	"claiminformationcategory", "common-tags", "communication-category",
	"communication-not-done-reason", "composite-measure-scoring",
	"condition-category", "condition-clinical", "condition-state",
	"condition-ver-status", "conformance-expectation", "consentaction",
	"consentcategorycodes", "contactentity-type",
	"contract-content-derivative", "contractsubtypecodes",
	"contracttermsubtypecodes", "contracttermtypecodes",
	"copy-number-event", "coverage-selfpay", "data-absent-reason",
	"definition-status", "definition-topic", "diagnosis-role",
	"dicom-audit-lifecycle", "diet", "discharge-disposition",
	"encounter-special-arrangements", "encounter-type",
	"endpoint-connection-type", "endpoint-payload-type",
	"entformula-additive", "episodeofcare-type", "ex-USCLS",
	"ex-claimsubtype", "ex-diagnosisrelatedgroup", "ex-diagnosistype",
	"ex-payee-resource-type", "ex-paymenttype", "ex-programcode",
	"ex-providerqualification", "ex-relatedclaimrelationship",
	"ex-revenue-center", "ex-serviceplace", "ex-tooth",
	"ex-visionprescriptionproduct", "extra-security-role-type",
	"flag-category", "forms-codes", "fundsreserve",
	"goal-acceptance-status", "goal-category", "goal-priority",
	"goal-relationship-type", "hl7-work-group", "immunization-origin",
	"immunization-recommendation-status", "iso-21089-lifecycle",
	"library-type", "list-empty-reason", "list-example-use-codes",
	"list-order", "location-physical-type", "match-grade",
	"measure-data-usage", "measure-population", "measure-scoring",
	"measure-type", "medication-admin-category", "medication-admin-status",
	"medication-statement-category", "message-reasons-encounter",
	"message-transport", "missingtoothreason", "modifiers",
	"name-assembly-order", "object-role", "observation-category",
	"observation-statistics", "operation-outcome", "organization-type",
	"parameter-group", "participant-type", "payeetype",
	"payment-adjustment-reason", "payment-type", "paymentstatus",
	"plan-definition-type", "practitioner-role", "processpriority",
	"question-max-occurs", "questionnaire-usage-mode",
	"reaction-event-certainty", "reason-medication-given",
	"referencerange-meaning", "resource-type-link",
	"restful-security-service", "risk-probability", "security-source-type",
	"service-category", "service-provision-conditions",
	"service-referral-method", "service-type", "special-values",
	"subscription-tag", "substance-category", "supply-item-type",
	"supply-kind", "supplyrequest-reason", "testscript-operation-codes",
	"testscript-profile-destination-types",
	"testscript-profile-origin-types", "usage-context-type",
	"variant-state",
};

/* Those that changed more than that. */
static const struct rename {
	const char *old, *r4;
} renamed[] = {
	{ "http://hl7.org/fhir/allergy-clinical-status",
	    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical" },
	{ "http://hl7.org/fhir/allergy-verification-status",
	    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification" },
	{ "http://hl7.org/fhir/contracttypecodes",
	    "http://terminology.hl7.org/CodeSystem/contract-type" },
	{ "http://hl7.org/fhir/ex-claimtype",
	    "http://terminology.hl7.org/CodeSystem/claim-type" },
	{ "http://hl7.org/fhir/medication-request-category",
	    "http://terminology.hl7.org/CodeSystem/medicationrequest-category" },
	{ "http://hl7.org/fhir/medication-request-intent",
	    "http://hl7.org/fhir/CodeSystem/medicationrequest-intent" },
	{ "http://hl7.org/fhir/medication-request-status",
	    "http://hl7.org/fhir/CodeSystem/medicationrequest-status" },
	{ "http://hl7.org/fhir/medication-statement-status",
	    "http://hl7.org/fhir/CodeSystem/medication-statement-status" },
	{ "http://hl7.org/fhir/medication-status",
	    "http://hl7.org/fhir/CodeSystem/medication-status" },
	{ "http://hl7.org/fhir/policyholder-relationship",
	    "http://terminology.hl7.org/CodeSystem/subscriber-relationship" },
	{ "http://www.hl7.org/fhir/contractaction",
	    "http://terminology.hl7.org/CodeSystem/contractaction" },
	{ "http://www.hl7.org/fhir/contractactorrole",
	    "http://terminology.hl7.org/CodeSystem/contractactorrole" },
	{ "http://www.hl7.org/fhir/contractsignertypecodes",
	    "http://terminology.hl7.org/CodeSystem/contractsignertypecodes" },
};

/* v2 tables that FHIR knows by their edition only. */
static const struct edition {
	const char *table, *version;
} editions[] = {
	{ "0006", "2.1" }, { "0006", "2.4" }, { "0360", "2.3.1" },
	{ "0360", "2.7" }, { "0391", "2.4" }, { "0391", "2.6" },
};
/* clang-format on */

/* Which system a URL names, and in whose spelling. */
struct place {
	enum { V2, V3, MOVED, RENAMED } family;
	enum { AS_OLD, AS_R4, AS_NOBODY } spelling;
	struct str name;           /* "0203", "ActCode"; in `moved` */
	struct str edition;        /* of a v2 table, else absent */
	const struct rename *pair; /* when RENAMED */
};

static struct str
without(struct str s, size_t n)
{
	return (struct str){ s.at + n, s.len - n };
}

/* What follows the prefix; absent when s does not start so. */
static struct str
after(struct str s, const char *prefix)
{
	return str_starts(s, prefix) ? without(s, strlen(prefix)) : STR_NONE;
}

static int
name_order(const void *key, const void *item)
{
	const struct str *s = key;
	const char *name = *(const char *const *)item;
	int order = strncmp(s->at, name, s->len);

	return order ? order : name[s->len] ? -1 : 0;
}

static bool
is_moved(struct str name)
{
	return name.len &&
	       bsearch(&name, moved, COUNT(moved), sizeof *moved, name_order);
}

static bool
table_read(struct place *p, struct str name, char before_edition)
{
	uint64_t number;

	p->family = V2;
	p->name = str_cut(name, before_edition, &p->edition);
	return p->name.len == 4 && str_number(p->name, 4, &number) &&
	       (!p->edition.at || p->edition.len);
}

static bool
act_read(struct place *p, struct str name)
{
	p->family = V3;
	p->name = name;
	return name.len && !memchr(name.at, '/', name.len) &&
	       !memchr(name.at, '|', name.len);
}

static bool
moved_read(struct place *p, struct str name)
{
	p->family = MOVED;
	p->name = name;
	return is_moved(name);
}

static bool
old_read(struct place *p, struct str rest)
{
	if (str_starts(rest, "v2/"))
		return table_read(p, without(rest, 3), '/');
	if (str_starts(rest, "v3/"))
		return act_read(p, without(rest, 3));
	return moved_read(p, rest);
}

static bool
new_read(struct place *p, struct str rest)
{
	p->spelling = AS_R4;
	if (str_starts(rest, "v2-"))
		return table_read(p, without(rest, 3), '|');
	if (str_starts(rest, "v3-"))
		return act_read(p, without(rest, 3));
	return moved_read(p, rest);
}

/* Some converters write http://terminology.hl7.org/v3/ActCode, which is
 * nobody's spelling. */
static bool
odd_read(struct place *p, struct str rest)
{
	p->spelling = AS_NOBODY;
	return (str_starts(rest, "v2/") || str_starts(rest, "v3/")) &&
	       old_read(p, rest);
}

static bool
renamed_read(struct place *p, struct str url)
{
	*p = (struct place){ .family = RENAMED };
	for (size_t i = 0; i < COUNT(renamed); i++) {
		p->pair = &renamed[i];
		p->spelling = str_is(url, p->pair->old) ? AS_OLD : AS_R4;
		if (p->spelling == AS_OLD || str_is(url, p->pair->r4))
			return true;
	}
	return false;
}

/* The hosts of all that moved. What most data holds ends here. */
static bool
may_move(struct str url)
{
	return str_starts(url, "http://") &&
	       (str_starts(without(url, 7), "hl7.org/fhir/") ||
		   str_starts(without(url, 7), "terminology.hl7.org/") ||
		   str_starts(without(url, 7), "www.hl7.org/fhir/"));
}

static bool
place_read(struct place *p, struct str url)
{
	struct str rest;

	*p = (struct place){ .spelling = AS_OLD };
	if (!may_move(url))
		return false;
	if ((rest = after(url, OLD)).at && old_read(p, rest))
		return true;
	if ((rest = after(url, NEW)).at && new_read(p, rest))
		return true;
	if ((rest = after(url, "http://terminology.hl7.org/")).at &&
	    odd_read(p, rest))
		return true;
	return renamed_read(p, url);
}

/* ---- writing ------------------------------------------------------------ */

static bool
is_edition(struct str table, struct str version)
{
	for (size_t i = 0; i < COUNT(editions); i++)
		if (str_is(table, editions[i].table) &&
		    str_is(version, editions[i].version))
			return true;
	return false;
}

/* R4 has the edition in `version`, if that is free; before R4 it is a part of
 * the URL, if FHIR has a table of that edition. */
static void
edition_settle(struct place *p, struct system *s, bool r4)
{
	if (p->family != V2)
		return;
	if (r4 && p->edition.at && (!s->version.at || !s->version.len)) {
		s->version = p->edition;
		p->edition = STR_NONE;
	} else if (!r4 && !p->edition.at && is_edition(p->name, s->version)) {
		p->edition = s->version;
		s->version = STR_NONE;
	}
}

static const char *
place_url(struct arena *a, const struct place *p, bool r4)
{
	static const char *const before[][2] = {
		[V2] = { OLD "v2/", NEW "v2-" },
		[V3] = { OLD "v3/", NEW "v3-" },
		[MOVED] = { OLD, NEW },
	};

	if (p->family == RENAMED)
		return r4 ? p->pair->r4 : p->pair->old;
	return arena_printf(a, "%s%.*s%s%.*s", before[p->family][r4],
	    STR_FMT(p->name),
	    !p->edition.at ? ""
	    : r4           ? "|"
			   : "/",
	    STR_FMT(p->edition));
}

bool
systems_for(struct arena *a, struct system *s, enum fhir_version to)
{
	bool r4 = to == FHIR_R4;
	struct place p;
	struct str had;

	if (!place_read(&p, s->url))
		return false;
	had = p.edition;
	edition_settle(&p, s, r4);
	if (p.spelling == (r4 ? AS_R4 : AS_OLD) && p.edition.at == had.at)
		return false;
	s->url = str_of(place_url(a, &p, r4));
	return true;
}

bool
systems_same(struct str one, struct str other)
{
	struct place p, q;

	if (!one.at || !other.at)
		return false;
	if (str_eq(one, other))
		return true;
	if (!place_read(&p, one) || !place_read(&q, other))
		return false;
	return p.family == q.family && p.pair == q.pair &&
	       str_eq(p.name, q.name) &&
	       (!p.edition.at || !q.edition.at || str_eq(p.edition, q.edition));
}

static bool
renamed_named(struct place *p, const char *name)
{
	size_t n = strlen(name);

	*p = (struct place){ .family = RENAMED };
	for (size_t i = 0; i < COUNT(renamed); i++) {
		size_t all = strlen(renamed[i].r4);

		p->pair = &renamed[i];
		if (all > n && p->pair->r4[all - n - 1] == '/' &&
		    !strcmp(p->pair->r4 + all - n, name))
			return true;
	}
	return false;
}

const char *
systems_url(struct arena *a, const char *name, enum fhir_version v)
{
	struct place p = { .spelling = AS_R4 };

	if (!new_read(&p, str_of(name)) && !renamed_named(&p, name))
		return arena_printf(a, "%s%s", OLD, name);
	return place_url(a, &p, v == FHIR_R4);
}

/* rehearsal_fault.c - failures on demand, chosen by address or by id
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_fault.h"

#include <string.h>

#include "base/enc.h"

#define SLOW_MS 3000u
#define HUGE_MB 24u /* over the largest answer that the gateway takes */

enum kind { INSTEAD, SLOW, LINKS, DEMAND, FLAG, LIMITED };

/* amount: as in struct rehearsal_faults; the largest that may be asked. */
/* clang-format off */
static const struct fault {
	const char *name;
	enum kind kind;
	unsigned value;       /* of the enum; offset of the flag */
	unsigned amount, max;
} faults[] = {
	{ "400", INSTEAD, REHEARSAL_STATUS, 400, 0 },
	{ "401", INSTEAD, REHEARSAL_STATUS, 401, 0 },
	{ "403", INSTEAD, REHEARSAL_STATUS, 403, 0 },
	{ "404", INSTEAD, REHEARSAL_STATUS, 404, 0 },
	{ "410", INSTEAD, REHEARSAL_STATUS, 410, 0 },
	{ "429", INSTEAD, REHEARSAL_STATUS, 429, 0 },
	{ "500", INSTEAD, REHEARSAL_STATUS, 500, 0 },
	{ "503", INSTEAD, REHEARSAL_STATUS, 503, 0 },
	{ "slow", SLOW, 0, SLOW_MS, REHEARSAL_SLOW_MS_MAX },
	{ "cut", FLAG, offsetof(struct rehearsal_faults, cut), 0, 0 },
	{ "drip", FLAG, offsetof(struct rehearsal_faults, drip), 0, 0 },
	{ "html", INSTEAD, REHEARSAL_HTML, 0, 0 },
	{ "xml", INSTEAD, REHEARSAL_XML, 0, 0 },
	{ "huge", INSTEAD, REHEARSAL_HUGE, HUGE_MB, REHEARSAL_HUGE_MB_MAX },
	{ "endless", INSTEAD, REHEARSAL_ENDLESS, 0, 0 },
	{ "version", INSTEAD, REHEARSAL_VERSION, 0, 0 },
	{ "redirect", INSTEAD, REHEARSAL_REDIRECT, 0, 0 },
	{ "wrongtype", INSTEAD, REHEARSAL_WRONGTYPE, 0, 0 },
	{ "notjson", INSTEAD, REHEARSAL_NOTJSON, 0, 0 },
	{ "empty", INSTEAD, REHEARSAL_EMPTY, 0, 0 },
	{ "bom", FLAG, offsetof(struct rehearsal_faults, bom), 0, 0 },
	{ "nototal", FLAG, offsetof(struct rehearsal_faults, nototal), 0, 0 },
	{ "relative", LINKS, REHEARSAL_RELATIVE, 0, 0 },
	{ "internal", LINKS, REHEARSAL_INTERNAL, 0, 0 },
	{ "getpages", LINKS, REHEARSAL_GETPAGES, 0, 0 },
	{ "basic", DEMAND, REHEARSAL_BASIC, 0, 0 },
	{ "bearer", DEMAND, REHEARSAL_BEARER, 0, 0 },
	{ "oauth", DEMAND, REHEARSAL_OAUTH, 0, 0 },
	{ "smart", DEMAND, REHEARSAL_SMART, 0, 0 },
	{ "mtls", FLAG, offsetof(struct rehearsal_faults, mtls), 0, 0 },
	{ "strict", FLAG, offsetof(struct rehearsal_faults, strict), 0, 0 },
	{ "getonly", FLAG, offsetof(struct rehearsal_faults, getonly), 0, 0 },
	{ "nocontains", FLAG, offsetof(struct rehearsal_faults, nocontains),
	    0, 0 },
	{ "nocount", FLAG, offsetof(struct rehearsal_faults, nocount), 0, 0 },
	{ "nosort", FLAG, offsetof(struct rehearsal_faults, nosort), 0, 0 },
	{ "refusesort", FLAG, offsetof(struct rehearsal_faults, refusesort),
	    0, 0 },
	{ "noperson", FLAG, offsetof(struct rehearsal_faults, noperson), 0, 0 },
	{ "nocompartment", FLAG,
	    offsetof(struct rehearsal_faults, nocompartment), 0, 0 },
	{ "nobatch", FLAG, offsetof(struct rehearsal_faults, nobatch), 0, 0 },
	{ "nocoverage", FLAG, offsetof(struct rehearsal_faults, nocoverage),
	    0, 0 },
	{ "limited", LIMITED, 0, 0, 0 },
};
/* clang-format on */

static const struct fault *
find(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(faults); i++)
		if (str_is(name, faults[i].name))
			return &faults[i];
	return NULL;
}

/* A small old server behind a proxy, as many hospitals have one. */
static void
limit(struct rehearsal_faults *f)
{
	f->getonly = f->nobatch = f->nocontains = f->nototal = true;
	f->links = REHEARSAL_INTERNAL;
}

static void
apply(struct rehearsal_faults *f, const struct fault *row, unsigned amount)
{
	switch (row->kind) {
	case INSTEAD:
		f->instead = (enum rehearsal_instead)row->value;
		f->amount = amount;
		break;
	case SLOW:
		f->slow_ms = amount;
		break;
	case LINKS:
		f->links = (enum rehearsal_links)row->value;
		break;
	case DEMAND:
		f->demand = (enum rehearsal_demand)row->value;
		break;
	case FLAG:
		*((bool *)((char *)f + row->value)) = true;
		break;
	case LIMITED:
		limit(f);
		break;
	}
}

bool
rehearsal_fault_read(struct rehearsal_faults *f, struct str name)
{
	struct str digits;
	uint64_t amount;
	const struct fault *row = find(str_cut(name, '-', &digits));

	if (!row)
		return false;
	amount = row->amount;
	if (digits.at) {
		if (!row->max || !str_number(digits, 9, &amount))
			return false;
		if (amount > row->max)
			amount = row->max;
	}
	apply(f, row, (unsigned)amount);
	return true;
}

static bool
is_basic(struct str value)
{
	char pair[128];
	size_t n = sizeof pair;

	return dec_b64(pair, &n, value) &&
	       str_is((struct str){ pair, n },
		   REHEARSAL_USER ":" REHEARSAL_SECRET);
}

bool
rehearsal_fault_admits(
    const struct rehearsal_faults *f, struct str authorization)
{
	struct str value, scheme = str_cut(authorization, ' ', &value);

	switch (f->demand) {
	case REHEARSAL_BASIC:
		return str_is_nocase(scheme, "basic") && value.at &&
		       is_basic(value);
	case REHEARSAL_BEARER:
		return str_is_nocase(scheme, "bearer") &&
		       str_is(value, REHEARSAL_SECRET);
	default:
		return true;
	}
}

const char *
rehearsal_fault_names(void)
{
	return "~400 ~401 ~403 ~404 ~410 ~429 ~500 ~503 ~slow ~slow-MS ~cut "
	       "~drip ~html ~xml ~huge ~huge-MB ~endless ~version ~redirect "
	       "~wrongtype ~notjson ~empty ~bom ~nototal ~relative ~internal "
	       "~getpages ~basic ~bearer ~oauth ~smart ~mtls ~strict ~getonly "
	       "~nocontains "
	       "~nocount ~nosort ~refusesort "
	       "~noperson ~nocompartment ~nobatch ~nocoverage ~limited";
}

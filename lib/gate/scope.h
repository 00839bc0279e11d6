/* scope.h - what a token is for: one tenant, and which records of it
 * SPDX-License-Identifier: Apache-2.0
 *
 * Beside the tenant ID the system scopes of SMART App Launch may stand, of
 * version 1 (system/Patient.read, or a star for all types) and 2
 * (system/Patient.rs, .r, .s). They only narrow: without them a token is for
 * all that its grant allows. What would widen (write, c, u, d, patient/, user/,
 * openid), a query part, a type that is not served: refused. A type is known by
 * the name that it has in any version of FHIR. */
#ifndef GATE_SCOPE_H
#define GATE_SCOPE_H

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "fhir/iface.h"

/* One bit per type and action. */
#define SCOPE_BIT(type, action)                                                \
	(UINT32_C(1) << ((unsigned)(type)*IFACE_ACTION__MAX +                  \
			 (unsigned)(action)))
#define SCOPE_ALL ((UINT32_C(1) << (IFACE__MAX * IFACE_ACTION__MAX)) - 1)

struct scope {
	uint32_t may; /* SCOPE_BITs */
	bool named;   /* by system scopes; else may is SCOPE_ALL */
	bool v1;      /* all of them in the spelling of version 1 */
};

/* scope_read - words divided by one blank each: one tenant ID, and system
 * scopes. Allocates nothing. false: ERR_SCOPE_MALFORMED, there is not exactly
 * one GUID that can be a tenant's; ERR_SCOPE_REFUSED, another word. */
bool scope_read(
    struct scope *to, struct guid *tenant, struct str text, struct err *e);

/* scope_text - the tenant ID in lower case and, if they were named, the
 * system scopes in the order of fhir/iface, in the version they came in. Borrowed
 * from a. */
const char *scope_text(
    struct arena *a, const struct scope *s, const struct guid *tenant);

/* scope_granted - the bits of the types that a grant names; of all types if it
 * names none. */
uint32_t scope_granted(const struct str *types, size_t n);

#endif

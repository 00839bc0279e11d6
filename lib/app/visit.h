/* visit.h - one FHIR request on its way through the facade
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_VISIT_H
#define APP_VISIT_H

#include "app/gateway.h"
#include "app/names.h"
#include "fhir/convert.h"
#include "fhir/iface.h"
#include "fhir/links.h"
#include "fhir/version.h"
#include "gate/bearer.h"
#include "gate/cursor.h"
#include "gate/loss.h"
#include "relay/abilities.h"
#include "relay/bulkhead.h"
#include "relay/fanout.h"
#include "relay/upauth.h"

/* What the facade's process keeps. */
struct facade {
	struct gateway *gateway;
	struct engine *engine;
	struct cursor_keys *cursors;
	struct loss *loss;
	struct abilities *abilities;
	struct upauth *tokens; /* for providers that want them */
	struct breakers *breakers;
	/* NULL: plain CGI, which has one thread */
	struct bulkhead *bulkhead;
	struct fanout *crew;
};

/* The first question of an entry of a batch, asked before its turn comes
 * (app/facade_native). */
struct visit_ahead {
	bool collect; /* only what it would ask is wanted: nothing is asked */
	bool asked;   /* ask is there, and its answer has not been used */
	struct upstream_ask ask;
	const struct upstream_answer *answer; /* NULL: e says why */
	struct upstream_seen seen;
	struct err e;
};

struct visit {
	struct work *w;
	struct audit_row *row;
	const struct facade *facade;
	int64_t now_s;

	/* what is asked */
	struct version_face face;
	struct str base; /* our face: public_base + path of the face */
	enum iface_type type;
	struct str type_name; /* as the face calls it */
	struct str id;        /* of a read; absent for a search */
	bool posted;          /* POST _search */
	struct str form;      /* its body */
	bool batch;           /* POST to the face itself */
	struct str body;      /* its body */

	/* who asks, and where it goes */
	const struct claims *claims;
	const struct directory_route *route;
	enum fhir_version speaks; /* the provider's version */
	/* the tenant's mode: bytes as they come but for links */
	bool links_only;
	struct upstream_target to;
	struct links links;
	struct str only_ids; /* a search by _id: its value; else absent */
	struct str whom; /* the patient that the record of a read is about */
	size_t withheld; /* records of searchsets that were not asked for */
	size_t expect;   /* bytes of the provider's last answer */
	struct convert_losses losses; /* what its version could not carry */
	struct visit_ahead *ahead;    /* NULL: nothing was asked before */
	struct names *names;          /* its batch's; NULL: it came alone */
};

/* visit_their_type - what the provider calls the type that is asked for. */
struct str visit_their_type(const struct visit *v);

/* visit_ask - asks the tenant's provider, or takes what it has said to the same
 * question ahead. The ask is completed here (deadline_ms: unless it is set);
 * what was seen is added to the audit row. NULL: see relay/upstream. */
const struct upstream_answer *visit_ask(
    struct visit *v, struct upstream_ask *ask, struct err *e);

/* visit_call - asks the tenant's provider and reads what it says.
 *   ask   method, path, query, body; the rest is filled in here
 *   root  receives the tree; NULL with a 304
 * The answer's resource was of the provider's version and is of the face's. A
 * searchset has lost its records that are about another patient than the audit
 * row names, or not of only_ids: a server that does not know a parameter may
 * answer as if it had not been sent. v->withheld counts them.
 * What was seen is added to the audit row, what was lost to v->losses.
 * NULL: see relay/upstream; ERR_UPSTREAM_BAD, _LARGE; ERR_BUSY; ERR_DEADLINE,
 * also when converting took too long. */
const struct upstream_answer *visit_call(struct visit *v,
    struct upstream_ask *ask, struct tree_node **root, struct err *e);

/* visit_traceparent - for the next call to the provider: the caller's trace or
 * ours goes on, with a span of our own. Borrowed from the request's arena. */
struct str visit_traceparent(const struct visit *v);

/* visit_statement - reads the provider's own statement, if it can be had soon,
 * for what it says about its abilities. */
void visit_statement(struct visit *v, const struct abilities_of *of);

/* visit_answer - root becomes the body of the answer. ERR_UPSTREAM_LARGE. */
bool visit_answer(struct visit *v, const struct tree_node *root);

/* visit_route - which interaction on which type is asked for? From face, path
 * and method; fills type, type_name, id, posted and the audit row.
 * ERR_TENANT_OTHER, ERR_TYPE, ERR_ID, ERR_INTERACTION. */
bool visit_route(struct visit *v);

/* visit_accepts - can it be answered in the form that is asked for? On the
 * default face that may choose the version. ERR_NOT_ACCEPTED, and what
 * search_format and visit_route say. */
bool visit_accepts(struct visit *v);

/* visit_answers - runs the interaction, if token and grant cover it: the answer
 * is complete, or why not stands in w->err (ERR_TYPE_GRANTED). */
bool visit_answers(struct visit *v);

/* The interactions: read (facade_read.c), search-type (facade_search.c), batch
 * (facade_batch.c): each of its entries is routed and answered as if it had
 * come alone, with its own memory, status and audit row; several at once. */
bool visit_read(struct visit *v);
bool visit_search(struct visit *v);
bool visit_batch(struct visit *v);

#endif

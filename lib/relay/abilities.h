/* abilities.h - what each provider can, as far as this process has found out
 * SPDX-License-Identifier: Apache-2.0
 *
 * Per tenant and revision of its provider: what its statement says, and what
 * it refused or did when it was asked. Kept for ten minutes, so that a server
 * that learns something new is asked again; another revision of the provider
 * starts anew. The operator's switches are not kept here: they come with every
 * request and are louder than all of it.
 *
 * Shared between threads: one table of fixed size, under one lock
 * (abilities.lock), held while a few hundred bytes are copied and never for a
 * request. Of the providers that share a place in the table the oldest goes. */
#ifndef RELAY_ABILITIES_H
#define RELAY_ABILITIES_H

#include "fhir/ability.h"
#include "relay/upstream.h"

#define ABILITIES_KEPT_MS  600000 /* what was found out */
#define ABILITIES_AGAIN_MS 30000  /* a statement that could not be had */
#define ABILITIES_WAIT_MS  3000   /* for a statement */

struct abilities;

/* abilities_new - owned; abilities_free. NULL is fine there. */
struct abilities *abilities_new(void);
void abilities_free(struct abilities *s);

/* Whose abilities. now_ms: clock_mono_ms. */
struct abilities_of {
	const struct upstream_target *to;
	enum fhir_version version; /* that the provider speaks */
	int64_t now_ms;
};

/* abilities_get - what is known just now: what the version says, if nothing
 * else is. */
void abilities_get(
    struct abilities *s, const struct abilities_of *of, struct ability *can);

/* abilities_seen, abilities_refused - the provider was asked so; the same as
 * ability_seen and ability_person_refused, for later requests. */
void abilities_seen(struct abilities *s, const struct abilities_of *of,
    enum ability_fact f, bool works);
void abilities_refused(struct abilities *s, const struct abilities_of *of,
    enum ability_person was);

/* abilities_passed, abilities_heeded - the same as ability_param_passed and
 * ability_param_heeded. */
void abilities_passed(struct abilities *s, const struct abilities_of *of,
    enum iface_type t, const struct iface_param *p);
void abilities_heeded(struct abilities *s, const struct abilities_of *of,
    enum iface_type t, const struct iface_param *p);

/* abilities_news - has something been found out that this has not handed out
 * yet? *can receives all that is known. */
bool abilities_news(
    struct abilities *s, const struct abilities_of *of, struct ability *can);

/* abilities_new_to - has nothing been found out about this provider yet, or not
 * for ten minutes? Then it is worth a look at what others have found.
 * abilities_recall - of what they have, what is passed over is taken over: it
 * takes a record that does not fit to see it; and what a probe has seen of late.
 * All else is tried anew. */
bool abilities_new_to(struct abilities *s, const struct abilities_of *of);
void abilities_recall(struct abilities *s, const struct abilities_of *of,
    const struct ability *known);

/* abilities_due - is the statement worth a request: was none read, and none
 * asked for in vain just now? */
bool abilities_due(struct abilities *s, const struct abilities_of *of);

/* abilities_told - what became of that request.
 *   statement  NULL: it could not be had */
void abilities_told(struct abilities *s, const struct abilities_of *of,
    const struct tree_node *statement);

/* abilities_learn - asks for the statement, for ABILITIES_WAIT_MS at most, and
 * keeps what it says. Nothing fails: what is not known then stays so.
 *   ask  to, accept and trace fields filled in; lim: how a tree is read */
void abilities_learn(struct abilities *s, const struct abilities_of *of,
    struct engine *en, struct arena *a, struct upstream_ask ask,
    const struct tree_limits *lim);

#endif

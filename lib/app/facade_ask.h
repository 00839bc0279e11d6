/* facade_ask.h - how a search reaches the tenant's provider
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_ASK_H
#define APP_FACADE_ASK_H

#include "app/visit.h"
#include "fhir/search_plan.h"

#define FACADE_ASK_BYTES_MAX ((size_t)32 * 1024) /* of one query or form */

/* facade_ask_of - whose abilities are meant by what is found out on the way
 * (relay/abilities). */
struct abilities_of facade_ask_of(const struct visit *v);

/* facade_ask_can - what the provider can, as far as is known; the operator's
 * word included. */
void facade_ask_can(const struct visit *v, struct ability *can);

/* facade_ask_path - where a plan is asked, below the provider's base. */
struct str facade_ask_path(const struct visit *v, const struct search_plan *p);

/* facade_ask_plan - runs what a plan asks of the provider: as a form or by GET,
 * by GET too where the form is refused (405, 501), which is remembered.
 *   total_only  only the number of matches is wanted
 * NULL: as visit_call; ERR_TOO_LARGE. */
struct tree_node *facade_ask_plan(struct visit *v, const struct search_plan *p,
    bool total_only, struct err *e);

/* Who is in no hospital, and a day on which nothing was recorded: asked for to
 * see what a server makes of a parameter. */
#define FACADE_ASK_NOBODY "wardgate"
#define FACADE_ASK_NEVER  "1700-01-01"

/* facade_ask_aside - runs p to find something out: neither what comes of it nor
 * how it fails is told of the request.
 *   *status  what was answered; -1: nothing */
struct tree_node *facade_ask_aside(
    struct visit *v, const struct search_plan *p, int *status);

/* facade_ask_page - fetches a page by its place under the provider's base, as
 * links_inward gave it. NULL: as visit_call. */
struct tree_node *facade_ask_page(
    struct visit *v, struct str path, struct str query, struct err *e);

struct bundle;

/* facade_ask_called - what the server calls itself in a bundle's full URLs, if
 * that is another name than the one we know it by: a place of the hospital
 * too. NULL: it is not. */
const struct links *facade_ask_called(struct visit *v, const struct bundle *b);

/* facade_ask_place - where a page link of b leads, as facade_ask_page takes it.
 *   asked  what b was asked at, below the provider's base
 * false: nowhere that we may ask, or it is too long. */
bool facade_ask_place(struct visit *v, const struct bundle *b, struct str link,
    struct str asked, struct str *path, struct str *query);

/* facade_ask_next - the page behind b's link to the next one, read into b.
 * false: either the link leads nowhere that we may ask and *lost is set, or e
 * is. */
bool facade_ask_next(struct visit *v, const struct search_plan *p,
    struct bundle *b, bool *lost, struct err *e);

#endif

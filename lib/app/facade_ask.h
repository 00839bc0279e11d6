/* facade_ask.h - how a search reaches the tenant's provider
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_ASK_H
#define APP_FACADE_ASK_H

#include "app/visit.h"
#include "fhir/search.h"

#define FACADE_ASK_BYTES_MAX ((size_t)32 * 1024) /* of one query or form */

/* facade_ask_search - runs a search: as a form where names would stand in an
 * address and the provider takes forms, else by GET.
 *   total_only  only the number of matches is wanted
 * NULL: as visit_call; ERR_TOO_LARGE. */
struct tree_node *facade_ask_search(
    struct visit *v, const struct search *s, bool total_only, struct err *e);

/* facade_ask_page - fetches a page by its place under the provider's base, as
 * links_inward gave it. NULL: as visit_call. */
struct tree_node *facade_ask_page(
    struct visit *v, struct str path, struct str query, struct err *e);

#endif

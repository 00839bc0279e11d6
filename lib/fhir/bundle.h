/* bundle.h - a provider's searchset, looked through and made ours
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_BUNDLE_H
#define FHIR_BUNDLE_H

#include "fhir/tree.h"
#include "fhir/version.h"

/* What bundle_read finds. Nodes are parts of the tree. */
struct bundle {
	struct tree_node *root;
	bool has_total;
	uint64_t total; /* matches in all pages, as the provider says */
	size_t matches; /* entries of this page that are matches */
	size_t foreign; /* entries of other types, replaced */
	struct tree_node *aside; /* these, a list that stands nowhere */
	struct str self;         /* what the provider says was asked */
	struct str next;         /* its paging links; absent: none */
	struct str previous;
	struct str first;
	struct str last;
};

/* bundle_read - is this a searchset of that type? Entries that are neither of
 * the type nor an OperationOutcome are replaced by one outcome that says how
 * many there were; a signature goes, for the body changes.
 *   type  resource type as the version calls it
 * false: ERR_UPSTREAM_BAD. */
bool bundle_read(struct bundle *b, struct arena *a, struct tree_node *root,
    enum fhir_version v, struct str type, struct err *e);

/* bundle_match - the record of an entry, if it is one that was searched for;
 * NULL: an outcome, or a record that came along. */
struct tree_node *bundle_match(const struct tree_node *entry);

/* bundle_show - these entries, taken out of whatever bundles they stand in,
 * are the matches of the answer now, in this order. Other entries of b, such
 * as outcomes, stay behind them. */
void bundle_show(struct bundle *b, struct arena *a,
    struct tree_node *const *entry, size_t n);

/* bundle_empty - a searchset of ours, without a match. */
void bundle_empty(struct bundle *b, struct arena *a);

/* bundle_base - where the first entry that tells lies: its fullUrl without
 * /Type/id. A server behind others may call itself what only they know.
 * Absent: no entry tells. */
struct str bundle_base(const struct bundle *b);

/* bundle_full_urls - where each record of the answer is to be read again:
 * base/Type/id, whatever the provider calls the place (behind a proxy, often
 * its own inner name). What it calls by a URN keeps that: other records may
 * refer to it. */
void bundle_full_urls(struct bundle *b, struct arena *a, struct str base);

/* bundle_total - sets Bundle.total. */
void bundle_total(struct bundle *b, struct arena *a, uint64_t total);

/* One link of the answer. */
struct bundle_link {
	const char *relation; /* self, next, previous, first, last */
	struct str url;       /* absent: left out */
};

/* bundle_links - these links in this order instead of the provider's. */
void bundle_links(struct bundle *b, struct arena *a,
    const struct bundle_link *links, size_t n);

/* bundle_note, bundle_tell - an outcome entry at the end, as a warning or as
 * information: something about the answer that people should know. It does not
 * count in total.
 *   code  issue-type; text  the sentence */
void bundle_note(struct bundle *b, struct arena *a, enum fhir_version v,
    const char *code, const char *text);
void bundle_tell(struct bundle *b, struct arena *a, enum fhir_version v,
    const char *code, const char *text);

#endif

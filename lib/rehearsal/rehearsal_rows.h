/* rehearsal_rows.h - resources and their terms as rows of the database
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON arrays of objects with the columns' names (sql/schema/80_rehearsal.sql).
 * A buffer is empty before its first row; rows_end closes the list. */
#ifndef REHEARSAL_REHEARSAL_ROWS_H
#define REHEARSAL_REHEARSAL_ROWS_H

#include "fhir/tree.h"
#include "fhir/version.h"

/* rehearsal_rows_resource - one row. text: the resource as it is answered;
 * n: the same, read. */
void rehearsal_rows_resource(struct buf *b, unsigned number, const char *type,
    const struct tree_node *n, struct str text);

/* rehearsal_rows_terms - a row per value that n can be found by; a is needed
 * until it returns. Returns how many. */
size_t rehearsal_rows_terms(struct buf *b, struct arena *a, unsigned number,
    enum fhir_version v, const char *type, const struct tree_node *n);

/* rehearsal_rows_end - the list, borrowed from b; "[]" without a row. */
struct str rehearsal_rows_end(struct buf *b);

#endif

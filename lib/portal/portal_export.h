/* portal_export.h - lists of a page as files: CSV, and AuditEvents
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_EXPORT_H
#define PORTAL_PORTAL_EXPORT_H

#include "portal/portal.h"

#define EXPORT_ROWS 2000 /* in one file at most */

/* A column of the file, and of the statement. */
struct export_column {
	const char *title, *name;
};

/* export_csv - all rows, with a header. A statement has columns `at_text` and
 * `more`; where the last row has `more`, the last column says how to go on.
 *   what  begins the name of the file */
bool export_csv(struct page *p, const struct db_rows *rows,
    const struct export_column *columns, size_t n, const char *what);

/* export_events - rows of portal_disclosures as a Bundle of AuditEvents. */
bool export_events(struct page *p, const struct db_rows *rows);

#endif

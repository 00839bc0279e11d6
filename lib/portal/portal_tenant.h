/* portal_tenant.h - hospitals, for operators: list, one, new, edit, and its state
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_TENANT_H
#define PORTAL_PORTAL_TENANT_H

#include "portal/portal.h"

/* tenant_second - `second` into the view: do some changes need a second
 * operator? */
bool tenant_second(struct page *p);

bool tenant_all(struct page *p);
void tenant_all_ahead(struct page *p);
bool tenant_one(struct page *p);
void tenant_one_ahead(struct page *p);

/* Who changed what of it; query `before`, us since 1970: what was earlier. */
bool tenant_history(struct page *p);

bool tenant_new(struct page *p);
bool tenant_make(struct page *p);
bool tenant_edit(struct page *p);
bool tenant_change(struct page *p);

/* Each asks first and says what it does to the apps. */
bool tenant_suspend_ask(struct page *p);
bool tenant_suspend_do(struct page *p);
bool tenant_resume_ask(struct page *p);
bool tenant_resume_do(struct page *p);
bool tenant_maintenance_ask(struct page *p);
bool tenant_maintenance_do(struct page *p);

#endif

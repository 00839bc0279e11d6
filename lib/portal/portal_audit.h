/* portal_audit.h - the trail, for auditors: whose records, refusals, acts
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who asks about a patient says why; the trail keeps that before anything is
 * shown (sql/functions/56_portal_audit.sql). Such questions are posted, so that
 * no address, log or history has the patient's id. */
#ifndef PORTAL_PORTAL_AUDIT_H
#define PORTAL_PORTAL_AUDIT_H

#include "portal/portal.h"

/* What there is to look at. */
bool audit_home(struct page *p);

/* Who asked for records of a patient. */
bool audit_patient(struct page *p);
bool audit_patient_find(struct page *p);
bool audit_patient_csv(struct page *p);
bool audit_patient_fhir(struct page *p);

/* What was refused; what people changed or were told. */
bool audit_denied(struct page *p);
bool audit_denied_csv(struct page *p);
bool audit_acts(struct page *p);
bool audit_acts_csv(struct page *p);

#endif

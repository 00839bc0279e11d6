/* ward_facts.c - what a made-up ward is furnished with, as tables
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_facts.h"

/* clang-format off */
const struct ward_hospital ward_hospitals[WARD_HOSPITALS] = {
	{ "St. Brigid's Hospital", "Galway", "IE", "+00:00", { "Ward 4", "Ward 5" }, "Bed", { "Corrib Mutual", "Western Health Fund" } },
	{ "Spital am Überlinger See", "Konstanz", "DE", "+01:00", { "Station 3A", "Station 3B" }, "Bett", { "Bodenseekasse", "Südkasse" } },
	{ "Hospital Santa Lucía", "Cádiz", "ES", "+01:00", { "Planta 2 Norte", "Planta 2 Sur" }, "Cama", { "Mutua Atlántica", "Salud Bahía" } },
	{ "Ospedale San Lorenzo", "Trieste", "IT", "+01:00", { "Medicina Est", "Medicina Ovest" }, "Letto", { "Adria Salute", "Mutua Giuliana" } },
	{ "Hôpital de l'Île", "Nantes", "FR", "+01:00", { "Étage 1", "Étage 2" }, "Lit", { "Mutuelle de la Loire", "Santé Ouest" } },
	{ "Øvre Dal sykehus", "Lillehammer", "NO", "+01:00", { "Sengepost 1", "Sengepost 2" }, "Seng", { "Fjord Gjensidig", "Dal Forsikring" } },
	{ "Szpital Świętej Anny", "Łódź", "PL", "+01:00", { "Oddział I", "Oddział II" }, "Łóżko", { "Zdrowie Łódź", "Opieka Wspólna" } },
	{ "Hospital da Ribeira", "Porto", "PT", "+00:00", { "Piso 3", "Piso 4" }, "Cama", { "Seguros Douro", "Mútua do Norte" } },
	{ "Güneş Hastanesi", "İzmir", "TR", "+03:00", { "3. Servis", "4. Servis" }, "Yatak", { "Ege Sigorta", "Körfez Sağlık" } },
	{ "Nemocnice U Řeky", "Olomouc", "CZ", "+01:00", { "Oddělení A", "Oddělení B" }, "Lůžko", { "Moravská pojišťovna", "Zdraví Haná" } },
	{ "Bệnh viện Sông Hương", "Huế", "VN", "+07:00", { "Khoa Nội 1", "Khoa Nội 2" }, "Giường", { "Bảo hiểm Miền Trung", "Quỹ Sức khỏe" } },
	{ "Szent Gellért Kórház", "Szeged", "HU", "+01:00", { "I. osztály", "II. osztály" }, "Ágy", { "Tisza Biztosító", "Alföld Egészség" } },
};

const struct ward_code ward_conditions[WARD_CONDITIONS] = {
	{ "233604007", "Pneumonia" },
	{ "44054006", "Diabetes mellitus type 2" },
	{ "38341003", "Hypertensive disorder" },
	{ "49436004", "Atrial fibrillation" },
	{ "13645005", "Chronic obstructive pulmonary disease" },
	{ "195967001", "Asthma" },
	{ "84114007", "Heart failure" },
	{ "386661006", "Fever" },
	{ "25064002", "Headache" },
	{ "65966004", "Fracture of forearm" },
	{ "22298006", "Myocardial infarction" },
	{ "40930008", "Hypothyroidism" },
	{ "709044004", "Chronic kidney disease" },
	{ "68566005", "Urinary tract infectious disease" },
	{ "128053003", "Deep venous thrombosis" },
	{ "271737000", "Anemia" },
};

const struct ward_code ward_severities[3] = {
	{ "255604002", "Mild" },
	{ "6736007", "Moderate" },
	{ "24484000", "Severe" },
};

const struct ward_allergen ward_allergens[WARD_ALLERGENS] = {
	{ { "227493005", "Cashew nuts" }, "food", { "39579001", "Anaphylaxis" } },
	{ { "762952008", "Peanut" }, "food", { "126485001", "Urticaria" } },
	{ { "102263004", "Eggs" }, "food", { "422587007", "Nausea" } },
	{ { "372687004", "Amoxicillin" }, "medication", { "271807003", "Skin rash" } },
	{ { "387458008", "Aspirin" }, "medication", { "267036007", "Dyspnea" } },
	{ { "111088007", "Latex" }, "environment", { "418290006", "Itching" } },
	{ { "256277009", "Grass pollen" }, "environment", { "267036007", "Dyspnea" } },
	{ { "260147004", "House dust mite" }, "environment", { "418290006", "Itching" } },
};

const struct ward_drug ward_drugs[WARD_DRUGS] = {
	{ { "N02BE01", "paracetamol" }, "Paracetamol 500 mg tablet", "1 tablet up to four times a day for pain" },
	{ { "A10BA02", "metformin" }, "Metformin 850 mg tablet", "1 tablet twice a day with meals" },
	{ { "C08CA01", "amlodipine" }, "Amlodipine 5 mg tablet", "1 tablet in the morning" },
	{ { "C07AB07", "bisoprolol" }, "Bisoprolol 2.5 mg tablet", "1 tablet in the morning" },
	{ { "R03AC02", "salbutamol" }, "Salbutamol 100 micrograms inhaler", "2 puffs when short of breath, at most 8 a day" },
	{ { "C03CA01", "furosemide" }, "Furosemide 40 mg tablet", "1 tablet in the morning, weigh daily" },
	{ { "B01AF02", "apixaban" }, "Apixaban 5 mg tablet", "1 tablet every 12 hours" },
	{ { "H03AA01", "levothyroxine sodium" }, "Levothyroxine 50 micrograms tablet", "1 tablet half an hour before breakfast" },
};

const struct ward_measure ward_measures[WARD_VITAL__MAX] = {
	[WARD_HEART] = { { "8867-4", "Heart rate" }, "beats/min", "/min", 540, 620, 1, 10 },
	[WARD_TEMPERATURE] = { { "8310-5", "Body temperature" }, "Cel", "Cel", 3580, 320, 2, 10 },
	[WARD_BREATH] = { { "9279-1", "Respiratory rate" }, "breaths/min", "/min", 11, 16, 0, 1 },
	[WARD_OXYGEN] = { { "59408-5", "Oxygen saturation by pulse oximetry" }, "%", "%", 88, 13, 0, 1 },
	[WARD_WEIGHT] = { { "29463-7", "Body weight" }, "kg", "kg", 4800, 6200, 2, 10 },
	[WARD_HEIGHT] = { { "8302-2", "Body height" }, "cm", "cm", 1490, 480, 1, 10 },
	[WARD_SYSTOLIC] = { { "8480-6", "Systolic blood pressure" }, "mmHg", "mm[Hg]", 98, 80, 0, 1 },
	[WARD_DIASTOLIC] = { { "8462-4", "Diastolic blood pressure" }, "mmHg", "mm[Hg]", 55, 43, 0, 1 },
	[WARD_POTASSIUM] = { { "2823-3", "Potassium in serum or plasma" }, "mmol/L", "mmol/L", 310, 260, 2, 10 },
	[WARD_TROPONIN] = { { "6598-7", "Troponin T in serum or plasma" }, "ng/mL", "ng/mL", 100, 39900, 6, 100 },
};

const struct ward_code ward_visits[4] = {
	{ "32485007", "Hospital admission" },
	{ "4525004", "Emergency department patient visit" },
	{ "185349003", "Encounter for check up" },
	{ "185389009", "Follow-up visit" },
};

const struct ward_doctor ward_doctors[WARD_DOCTORS] = {
	{ "Sato", "Mina" },
	{ "Okoro", "Ngozi" },
	{ "Haddad", "Samir" },
	{ "Lindqvist", "Åsa" },
	{ "Ferreira", "Inês" },
	{ "Novák", "Jiří" },
};
/* clang-format on */

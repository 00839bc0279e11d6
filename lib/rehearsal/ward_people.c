/* ward_people.c - made-up people with plausible names from many countries
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_people.h"

#include <stddef.h>

#include "base/str.h"

#define FAMILIES 8
#define GIVEN    8 /* of each sex */

struct culture {
	const char *family[FAMILIES];
	const char *man[GIVEN], *woman[GIVEN];
	const char *mr, *ms;
	bool two_families;
};

/* Common names, drawn and combined at random; family names that are the same
 * for both sexes. */
/* clang-format off */
static const struct culture cultures[] = {
	{ { "O'Brien", "Byrne", "Gallagher", "Doherty", "Ó Súilleabháin", "Quinn", "MacDonagh", "Walsh" },
	  { "Seán", "Oisín", "Patrick", "Ciarán", "Eoin", "Declan", "Fionn", "Tadhg" },
	  { "Aoife", "Róisín", "Siobhán", "Gráinne", "Niamh", "Orla", "Sinéad", "Maeve" },
	  "Mr.", "Ms.", false },
	{ { "Müller", "Schröder", "Weiß", "Jäger", "Krüger", "Böhm", "Großmann", "Vogt" },
	  { "Jürgen", "Günther", "Lukas", "Björn", "Matthias", "Uwe", "Götz", "Emil" },
	  { "Käthe", "Jördis", "Anneliese", "Ulrike", "Bärbel", "Sabine", "Mia", "Grete" },
	  "Herr", "Frau", false },
	{ { "García", "Muñoz", "Ibáñez", "Núñez", "Peña", "Domínguez", "Ruiz", "Ordóñez" },
	  { "José María", "Íñigo", "Andrés", "Ángel", "Martín", "Joaquín", "Raúl", "Diego" },
	  { "Lucía", "Begoña", "María José", "Inés", "Rocío", "Concepción", "Sofía", "Elena" },
	  "Sr.", "Sra.", true },
	{ { "D'Angelo", "Forlì", "Lo Presti", "Nicolò", "Bianchi", "Zanetti", "Fabbri", "Dalmasso" },
	  { "Niccolò", "Giosuè", "Matteo", "Cosimo", "Ettore", "Davide", "Gennaro", "Luca" },
	  { "Chiara", "Fiammetta", "Giulia", "Loredana", "Noemì", "Silvia", "Ortensia", "Marta" },
	  "Sig.", "Sig.ra", false },
	{ { "Lefèvre", "Hébert", "Gauthier", "Fournié", "Le Goff", "Béranger", "Noël", "Maître" },
	  { "François", "Jérôme", "Loïc", "Étienne", "Benoît", "Théo", "Gaël", "Hugues" },
	  { "Maëlle", "Zoé", "Éléonore", "Hélène", "Anaïs", "Océane", "Françoise", "Inès" },
	  "M.", "Mme", false },
	{ { "Østergård", "Sørensen", "Ødegaard", "Håkonsen", "Sjöberg", "Bjørnstad", "Åkesson", "Lindqvist" },
	  { "Bjørn", "Åge", "Søren", "Øystein", "Håkon", "Göran", "Nils", "Torbjørn" },
	  { "Åse", "Solveig", "Bjørg", "Märta", "Frøydis", "Ingeborg", "Sølvi", "Astrid" },
	  "Hr.", "Fru", false },
	{ { "Wójcik", "Dąbek", "Kaczmarek", "Żak", "Gołąb", "Świerk", "Wróbel", "Ćwikła" },
	  { "Łukasz", "Michał", "Grzegorz", "Stanisław", "Paweł", "Zbigniew", "Józef", "Wacław" },
	  { "Małgorzata", "Świętosława", "Agnieszka", "Bożena", "Łucja", "Zofia", "Grażyna", "Elżbieta" },
	  "Pan", "Pani", false },
	{ { "Conceição", "Magalhães", "Araújo", "Simões", "Gonçalves", "Fragoso", "Brandão", "Assunção" },
	  { "João", "Sebastião", "Estêvão", "Antônio", "Caetano", "Gonçalo", "Luís", "Tomé" },
	  { "Conceição", "Inês", "Antónia", "Lúcia", "Mariana", "Assunção", "Fátima", "Beatriz" },
	  "Sr.", "Sra.", true },
	{ { "Yılmaz", "Şahin", "Çelik", "Öztürk", "Doğan", "Kılıç", "Güneş", "Aydın" },
	  { "İbrahim", "Çağlar", "Oğuz", "Şükrü", "Yiğit", "Gökhan", "Işık", "Emre" },
	  { "Ayşe", "Çiğdem", "Gülşah", "İrem", "Özlem", "Şebnem", "Tuğba", "Yağmur" },
	  "Bay", "Bayan", false },
	{ { "Krejčí", "Kočí", "Janů", "Pavlů", "Dolejší", "Hájků", "Brzezí", "Martinů" },
	  { "Jiří", "Ondřej", "Matěj", "Zdeněk", "Václav", "Bořivoj", "Luboš", "Tomáš" },
	  { "Božena", "Markéta", "Žofie", "Anežka", "Růžena", "Jiřina", "Ludmila", "Kateřina" },
	  "Pan", "Paní", false },
	{ { "Nguyễn", "Trần", "Phạm", "Đặng", "Võ", "Bùi", "Huỳnh", "Đỗ" },
	  { "Văn Minh", "Đức Anh", "Quốc Bảo", "Hữu Phước", "Tuấn Kiệt", "Thế Vinh", "Trọng Nghĩa", "Xuân Đạt" },
	  { "Thị Hường", "Ngọc Ánh", "Thùy Dương", "Mỹ Lệ", "Kim Ngân", "Phương Thảo", "Bích Đào", "Tuyết Nhung" },
	  "Ông", "Bà", false },
	{ { "Шевченко", "Коваленко", "Їжакевич", "Гнатюк", "Бойчук", "Кравець", "Йосипенко", "Мороз" },
	  { "Андрій", "Олексій", "Юрій", "Тарас", "Богдан", "Євген", "Ігор", "Микола" },
	  { "Ганна", "Олеся", "Соломія", "Юлія", "Катерина", "Ївга", "Надія", "Христина" },
	  "Пан", "Пані", false },
};
/* clang-format on */

#define NAMES (COUNT(cultures) * FAMILIES * GIVEN * 2)
#define STEP  607 /* has no factor in common with NAMES */

_Static_assert(NAMES == WARD_PATIENTS * WARD_WORLDS, "a name for each");

struct ward_person
ward_person(unsigned world, unsigned i)
{
	unsigned n = (i + world % WARD_WORLDS * WARD_PATIENTS) * STEP % NAMES;
	const struct culture *c = &cultures[n % COUNT(cultures)];
	unsigned rest = n / COUNT(cultures);
	unsigned family = rest % FAMILIES, given = rest / FAMILIES;
	struct ward_person p = { .family = c->family[family] };

	p.female = given >= GIVEN;
	p.given = p.female ? c->woman[given - GIVEN] : c->man[given];
	p.prefix = p.female ? c->ms : c->mr;
	if (c->two_families)
		p.family_more = c->family[(family + 3) % FAMILIES];
	return p;
}

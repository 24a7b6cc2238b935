package user_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth/user"
)

func TestN06_OneFormForAllSpellingsOfANumber(t *testing.T) {
	for want, spellings := range map[string][]string{
		"+46701234567": {
			"+46701234567", "+46 70-123 45 67", "+46 70 123 45 67", " +46-70-1234567 ", "+46.70.123.4567", "+46 (70) 123/45/67", "+46 - 70 - 1234567",
			"\t+46701234567",
		},
		"+12125550123":     {"+1 (212) 555-0123", "+1.212.555.0123", "+1-212-555-0123", "+1/212/555/0123"},
		"+39061234567":     {"+39 06 1234567", "+39 (06) 1234567"},
		"+2250102030405":   {"+225 01 02 03 04 05"},
		"+881612345678":    {"+8816 1234 5678"},
		"+4915123456789":   {"+49 151 23456789"},
		"+525512345678":    {"+52 55 1234 5678"},
		"+290512345":       {"+290 512 345"},
		"+870773112345678": {"+870 773112345678"},
	} {
		for _, typed := range spellings {
			id, err := user.ParsePhone(typed)
			if err != nil || id != (user.Identifier{Kind: user.Phone, Value: want}) {
				t.Errorf("ParsePhone(%q) = %q, %v; want %q", typed, id, err, want)
			}
		}
	}
}

func TestN06_NotANumber(t *testing.T) {
	for name, typed := range map[string]string{
		"empty":                               "",
		"a plus sign":                         "+",
		"blanks":                              "   ",
		"separators":                          "+ - ()",
		"no plus sign":                        "46701234567",
		"a national number":                   "070-123 45 67",
		"the international prefix of Europe":  "0046701234567",
		"the international prefix of America": "01146701234567",
		"both":                                "+0046701234567",
		"a trunk zero in brackets":            "+46 (0)70 123 45 67",
		"a trunk zero in brackets, spaced":    "+46 ( 0 ) 70 123 45 67",
		"a trunk zero without brackets":       "+46 070 123 45 67",
		"a trunk zero and the area code":      "+44 (0207) 123 4567",
		"a calling code of zero":              "+0701234567",
		"full-width digits":                   "+４６701234567",
		"a full-width plus sign":              "＋46701234567",
		"Arabic digits":                       "+\u0664\u0666701234567",
		"an extension":                        "+46701234567;ext=1",
		"an extension by letter":              "+46701234567x1",
		"an extension by word":                "+46701234567 ext. 1",
		"an extension by number sign":         "+46701234567#1",
		"a pause":                             "+46701234567,,1",
		"a wait":                              "+46701234567;1",
		"a tel URI":                           "tel:+46701234567",
		"an sms URI":                          "sms:+46701234567",
		"letters":                             "+1800FLOWERS",
		"two numbers":                         "+46701234567+46701234568",
		"two numbers, a blank":                "+46701234567 +46701234568",
		"16 digits":                           "+4670123456789012",
		"64 KiB of digits":                    "+" + strings.Repeat("4", 64<<10),
		"64 KiB of blanks":                    "+46701234567" + strings.Repeat(" ", 64<<10) + "1",
		"a short code":                        "12345",
		"a short code with a plus sign":       "+12345",
		"7 digits":                            "+4670123",
		"an emergency number":                 "+46112",
		"a calling code that is none":         "+999123456789",
		"a calling code not given out":        "+210123456789",
		"too short for +1":                    "+1212555012",
		"too long for +1":                     "+121255501234",
		"an area code that begins with 1":     "+11125550123",
		"an area code that begins with 0":     "+10125550123",
		"the old mobile prefix of Mexico":     "+52 1 55 1234 5678",
		"a line feed":                         "+46701234567\n",
		"a line feed inside":                  "+4670\n1234567",
		"a tab inside":                        "+46\t701234567",
		"NUL":                                 "+46701234567\x00",
		"a no-break space":                    "+46\u00a0701234567",
		"a dash that is not ASCII":            "+46\u2011701234567",
		"an invisible mark":                   "\u202a+46701234567\u202c",
		"an underscore":                       "+46_701234567",
		"an operator":                         `{"$gt":""}`,
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, typed, "phone") })
	}
}

func TestN06_CountriesOfANumber(t *testing.T) {
	for name, c := range map[string]struct {
		number, code string
		countries    []string
	}{
		"a country of its own":              {"+46701234567", "46", []string{"SE"}},
		"a code of three digits":            {"+358401234567", "358", []string{"FI"}},
		"a territory in another's plan":     {"+358181234567", "358", []string{"AX"}},
		"the United States":                 {"+12125550123", "1", []string{"US"}},
		"Canada":                            {"+14165550123", "1", []string{"CA"}},
		"Jamaica":                           {"+18765550123", "1", []string{"JM"}},
		"Puerto Rico":                       {"+17875550123", "1", []string{"PR"}},
		"Russia":                            {"+79161234567", "7", []string{"RU"}},
		"Kazakhstan":                        {"+77011234567", "7", []string{"KZ"}},
		"the United Kingdom":                {"+447400123456", "44", []string{"GB"}},
		"Guernsey":                          {"+447781123456", "44", []string{"GG"}},
		"Guernsey, by a longer prefix":      {"+447911112345", "44", []string{"GG"}},
		"the Isle of Man":                   {"+447624123456", "44", []string{"IM"}},
		"Jersey":                            {"+447797123456", "44", []string{"JE"}},
		"three that share one code":         {"+590690123456", "590", []string{"GP", "BL", "MF"}},
		"Curacao":                           {"+59995123456", "599", []string{"CW"}},
		"Bonaire":                           {"+5997123456", "599", []string{"BQ"}},
		"Kosovo":                            {"+38344123456", "383", []string{"XK"}},
		"Inmarsat":                          {"+870773112345", "870", nil},
		"satellites":                        {"+881612345678", "881", nil},
		"international networks":            {"+882161234567", "882", nil},
		"more of them":                      {"+883510012345", "883", nil},
		"international premium":             {"+979123456789", "979", nil},
		"international freephone":           {"+80012345678", "800", nil},
		"international shared cost":         {"+80812345678", "808", nil},
		"premium in America":                {"+19005550123", "1", nil},
		"freephone in America":              {"+18005550123", "1", nil},
		"premium in Sweden":                 {"+46900123456", "46", nil},
		"personal numbers in Britain":       {"+447012345678", "44", nil},
		"premium in Britain":                {"+449012345678", "44", nil},
		"what is no number":                 {"", "", nil},
		"what is no number, but a plus":     {"+", "", nil},
		"a calling code that was given out": {"+46", "46", []string{"SE"}},
		"a calling code that was not":       {"+999123456789", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := user.CountryCallingCode(c.number); got != c.code {
				t.Errorf("CountryCallingCode(%q) = %q, want %q", c.number, got, c.code)
			}
			got := user.PhoneCountries(c.number)
			if !slices.Equal(got, c.countries) {
				t.Errorf("PhoneCountries(%q) = %v, want %v", c.number, got, c.countries)
			}
			for _, iso := range got {
				if !user.IsCountry(iso) {
					t.Errorf("%q is not a country", iso)
				}
			}
		})
	}
}

func TestPhoneCountries_AnswersACopy(t *testing.T) {
	user.PhoneCountries("+590690123456")[0] = "XX"
	if got := user.PhoneCountries("+590690123456")[0]; got != "GP" {
		t.Errorf("a caller changed the table: %q", got)
	}
}

func TestIsCountry(t *testing.T) {
	for iso, want := range map[string]bool{
		"SE": true, "US": true, "CA": true, "GG": true, "MF": true, "GS": true, "KZ": true, "AX": true,
		"": false, " ": false, "  ": false, "se": false, "ZZ": false, "SWE": false, "P ": false, "GP BL": false, "46": false, "S": false,
	} {
		if got := user.IsCountry(iso); got != want {
			t.Errorf("IsCountry(%q) = %v", iso, got)
		}
	}
}

func TestN07_OneBlockForSequentialNumbers(t *testing.T) {
	for number, want := range map[string]string{
		"+46701230000": "+4670123", "+46701239999": "+4670123", "+46701240000": "+4670124", "+29051234": "+2905", "": "", "+1": "",
	} {
		if got := user.PhonePrefix(number); got != want {
			t.Errorf("PhonePrefix(%q) = %q, want %q", number, got, want)
		}
	}
}

package user

// nanpDigits is the length of a national number in the North American Numbering Plan, which 25 countries share as +1.
const nanpDigits = 10

// regions are the beginnings of numbers, calling code and all, that belong to another country than the rest of their calling
// code does, or to none: what costs its sender or caller extra, and numbers that follow a person.
var regions = map[string]string{
	// +1: the area codes outside the United States (NANPA). Toll-free and premium codes are of no country.
	"1204": "CA", "1226": "CA", "1236": "CA", "1249": "CA", "1250": "CA", "1257": "CA", "1263": "CA", "1289": "CA",
	"1306": "CA", "1343": "CA", "1354": "CA", "1365": "CA", "1367": "CA", "1368": "CA", "1382": "CA", "1403": "CA",
	"1416": "CA", "1418": "CA", "1428": "CA", "1431": "CA", "1437": "CA", "1438": "CA", "1450": "CA", "1468": "CA",
	"1474": "CA", "1506": "CA", "1514": "CA", "1519": "CA", "1548": "CA", "1579": "CA", "1581": "CA", "1584": "CA",
	"1587": "CA", "1600": "CA", "1604": "CA", "1613": "CA", "1622": "CA", "1633": "CA", "1639": "CA", "1644": "CA",
	"1647": "CA", "1655": "CA", "1672": "CA", "1677": "CA", "1683": "CA", "1688": "CA", "1705": "CA", "1709": "CA",
	"1742": "CA", "1753": "CA", "1778": "CA", "1780": "CA", "1782": "CA", "1807": "CA", "1819": "CA", "1825": "CA",
	"1867": "CA", "1873": "CA", "1879": "CA", "1902": "CA", "1905": "CA", "1942": "CA",
	"1242": "BS", "1246": "BB", "1264": "AI", "1268": "AG", "1284": "VG", "1340": "VI", "1345": "KY", "1441": "BM",
	"1473": "GD", "1649": "TC", "1658": "JM", "1664": "MS", "1670": "MP", "1671": "GU", "1684": "AS", "1721": "SX",
	"1758": "LC", "1767": "DM", "1784": "VC", "1787": "PR", "1809": "DO", "1829": "DO", "1849": "DO", "1868": "TT",
	"1869": "KN", "1876": "JM", "1939": "PR",
	"1800": "", "1822": "", "1833": "", "1844": "", "1855": "", "1866": "", "1877": "", "1888": "", "1900": "",
	"1976": "",

	// +7: Kazakhstan beside Russia.
	"76": "KZ", "77": "KZ",

	// +44: Guernsey, the Isle of Man and Jersey beside the United Kingdom; 70 are personal numbers, 87 and 9 premium.
	"441481": "GG", "447781": "GG", "447839": "GG", "4479111": "GG", "4479117": "GG",
	"441624": "IM", "447424": "IM", "4474576": "IM", "447524": "IM", "447624": "IM", "447924": "IM",
	"441534": "JE", "447509": "JE", "4477003": "JE", "4477007": "JE", "4477008": "JE", "447797": "JE", "447829": "JE", "447937": "JE",
	"4470": "", "4487": "", "449": "",

	// Premium numbers, and personal ones, of the countries that keep a range for them.
	"307": "", "3090": "", "3190": "", "3290": "", "3389": "", "34803": "", "34806": "", "34807": "", "35490": "",
	"358600": "", "358700": "", "35990": "", "38560": "", "3989": "", "41900": "", "41901": "", "41906": "",
	"42090": "", "421900": "", "439": "", "4590": "", "46900": "", "46939": "", "46944": "", "47829": "", "4870": "",
	"49137": "", "49900": "", "55900": "", "61190": "", "6490": "", "7803": "", "7809": "", "8260": "", "90900": "",
	"972190": "",

	// Small territories inside the plan of a larger one.
	"212528": "EH", "262269": "YT", "262639": "YT", "262709": "YT", "2629398": "YT", "2908": "TA", "35818": "AX",
	"3906698": "VA", "4779": "SJ", "5999": "CW", "6189162": "CC", "6189164": "CX", "6721": "AQ",
}

// maxPrefix is the longest beginning in regions, in digits.
const maxPrefix = 7

// nationalDigits are the plans of one length where other lengths are in use for the same phone: ten digits after +52, whose
// mobile numbers were once written with a 1 before them.
var nationalDigits = map[string]int{"1": nanpDigits, "52": 10}

// zeroBegins are the calling codes after which a zero is part of the number. After all others it is the trunk prefix of
// the national spelling, which does not belong there.
var zeroBegins = map[string]bool{
	"225": true, "226": true, "227": true, "229": true, "241": true, "242": true, "250": true, "378": true, "39": true,
	"992": true, "800": true, "881": true, "882": true, "883": true, "888": true,
}

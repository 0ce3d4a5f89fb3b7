package searchquery

// Op compares a field with a value.
type Op string

// The operators. In and NotIn go with a List, the others with a single value. `key:""`, `has:key` and `!has:key` are
// Equal and NotEqual with the empty String, which on fields of every kind stands for "no value".
const (
	Equal          Op = "="
	NotEqual       Op = "!="
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
	In             Op = "IN"
	NotIn          Op = "NOT IN"
)

var opposites = map[Op]Op{
	Equal: NotEqual, NotEqual: Equal,
	Less: GreaterOrEqual, GreaterOrEqual: Less,
	Greater: LessOrEqual, LessOrEqual: Greater,
	In: NotIn, NotIn: In,
}

// writtenOps are the operators that may follow the colon, longer ones first: `>=` must not be read as `>`.
var writtenOps = []Op{GreaterOrEqual, LessOrEqual, NotEqual, Greater, Less, Equal}

func (o Op) ordered() bool {
	return o == Less || o == LessOrEqual || o == Greater || o == GreaterOrEqual
}

package otp

import (
	"math"
	"strings"
	"testing"
)

// TestO09_Randomness draws 200 000 codes and looks at their digits one by one and pair by pair, at leading zeros, and at repeats.
func TestO09_Randomness(t *testing.T) {
	const draws, length = 200_000, 6
	var digits [length][10]int
	var pairs [length - 1][100]int
	leading := 0
	seen := make(map[string]int, draws)
	for range draws {
		code := newCode(length)
		if len(code) != length || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("%q is no code", code)
		}
		if code[0] == '0' {
			leading++
		}
		seen[code]++
		for i := range length {
			digits[i][code[i]-'0']++
			if i > 0 {
				pairs[i-1][int(code[i-1]-'0')*10+int(code[i]-'0')]++
			}
		}
	}
	for i, counts := range digits {
		if p := chiSquare(counts[:], draws); p < 1e-4 {
			t.Errorf("digit %d is not uniform: p = %g, counts %v", i+1, p, counts)
		}
	}
	for i, counts := range pairs {
		if p := chiSquare(counts[:], draws); p < 1e-4 {
			t.Errorf("digits %d and %d are not independent: p = %g", i+1, i+2, p)
		}
	}
	if leading < draws/20 {
		t.Errorf("%d of %d codes begin with a zero", leading, draws)
	}
	// Pairs of equal codes are Poisson distributed about n(n-1)/2N; six deviations happen once in a thousand million runs.
	repeats := 0
	for _, n := range seen {
		repeats += n * (n - 1) / 2
	}
	mean := float64(draws) * (draws - 1) / 2 / 1e6
	if d := math.Abs(float64(repeats) - mean); d > 6*math.Sqrt(mean) {
		t.Errorf("%d pairs of equal codes, expected about %.0f", repeats, mean)
	}
}

// chiSquare is the chance that counts as uneven as these come of a uniform source (Wilson and Hilferty's approximation).
func chiSquare(counts []int, draws int) float64 {
	expected := float64(draws) / float64(len(counts))
	sum := 0.0
	for _, n := range counts {
		d := float64(n) - expected
		sum += d * d / expected
	}
	k := float64(len(counts) - 1)
	z := (math.Cbrt(sum/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
	return math.Erfc(z/math.Sqrt2) / 2
}

// TestChiSquare proves that the measure can fail.
func TestChiSquare(t *testing.T) {
	even := []int{20000, 20000, 20000, 20000, 20000, 20000, 20000, 20000, 20000, 20000}
	if p := chiSquare(even, 200_000); p < 0.99 {
		t.Errorf("even counts have p = %g", p)
	}
	even[3], even[4] = even[3]+600, even[4]-600
	if p := chiSquare(even, 200_000); p > 1e-4 {
		t.Errorf("a digit that comes three in a hundred too often has p = %g", p)
	}
}

func TestTyped(t *testing.T) {
	tests := []struct {
		name, typed, code string
	}{
		{"as it is", "123456", "123456"},
		{"blanks around it", " \t123456\r\n", "123456"},
		{"one blank inside", "123 456", "123456"},
		{"one dash inside", "123-456", "123456"},
		{"a second one stays", "12-34-56", "1234-56"},
		{"another dash stays", "123–456", "123–456"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := typed(tt.typed); got != tt.code {
				t.Errorf("got %q, want %q", got, tt.code)
			}
		})
	}
}

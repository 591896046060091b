// Command asm writes the assembly of package spins: sums under the masks of rows,
// and flips, of lanes of 16 bits, once with AVX-512 and once with AVX2. It is a module
// of its own, so that what it needs is not linked into anything else.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const sums = "func(dst, at *int32, count int, rows *uint64, words int, m *int16)"

// rows is the loop over neurons that both sums share. sum emits what leaves the sum
// over a row in an X register.
func rows(sum func(row, next, m, words Register) VecVirtual) {
	dst := Load(Param("dst"), GP64())
	at := Load(Param("at"), GP64())
	count := Load(Param("count"), GP64())
	bits := Load(Param("rows"), GP64())
	words := Load(Param("words"), GP64())
	m := Load(Param("m"), GP64())

	Label("neuron")
	// The row of this neuron, and the one to be fetched for later.
	address := func(offset int) GPVirtual {
		row := GP64()
		MOVLQSX(Mem{Base: at, Disp: 4 * offset}, row)
		IMULQ(words, row)
		LEAQ(Mem{Base: bits, Index: row, Scale: 8}, row)
		return row
	}
	row := address(0)
	next := address(4)
	x := sum(row, next, m, words)
	VMOVD(x, Mem{Base: dst})
	ADDQ(Imm(4), dst)
	ADDQ(Imm(4), at)
	DECQ(count)
	JNZ(LabelRef("neuron"))
	VZEROUPPER()
	RET()
}

// fold adds the 32-bit lanes of y up.
func fold(y VecVirtual) VecVirtual {
	x := XMM()
	VEXTRACTI128(Imm(1), y, x)
	VPADDD(y.AsX(), x, x)
	t := XMM()
	VPSHUFD(Imm(0b01001110), x, t)
	VPADDD(t, x, x)
	VPSHUFD(Imm(0b10110001), x, t)
	VPADDD(t, x, x)
	return x
}

func sums512() {
	TEXT("sums512", NOSPLIT, sums)
	Pragma("noescape")
	Doc("sums512 overwrites dst[k] with the sum of the m whose bits are set in the row of neuron at[k].")
	one := ZMM()
	v := GP32()
	MOVL(U32(0x00010001), v)
	VPBROADCASTD(v, one)
	rows(func(row, next, m, words Register) VecVirtual {
		n, from := GP64(), GP64()
		MOVQ(words, n)
		MOVQ(m, from)
		sum, a, b, t := ZMM(), ZMM(), ZMM(), ZMM()
		VPXORD(sum, sum, sum)
		VPXORD(a, a, a)
		VPXORD(b, b, b)
		word := func(k int) {
			low, high := K(), K()
			KMOVD(Mem{Base: row, Disp: 8 * k}, low)
			VPADDW(Mem{Base: from, Disp: 128 * k}, a, low, a)
			KMOVD(Mem{Base: row, Disp: 8*k + 4}, high)
			VPADDW(Mem{Base: from, Disp: 128*k + 64}, b, high, b)
		}
		// Eight numbers of 12 bits fit a lane; then they go to lanes of 32.
		widen := func() {
			VPMADDWD(one, a, t)
			VPADDD(t, sum, sum)
			VPMADDWD(one, b, t)
			VPADDD(t, sum, sum)
		}
		PREFETCHT0(Mem{Base: next})
		SUBQ(Imm(8), n)
		JLT(LabelRef("tail"))
		Label("line")
		PREFETCHT0(Mem{Base: next, Disp: 64})
		for k := range 8 {
			word(k)
		}
		widen()
		VPXORD(a, a, a)
		VPXORD(b, b, b)
		ADDQ(Imm(64), row)
		ADDQ(Imm(64), next)
		ADDQ(U32(1024), from)
		SUBQ(Imm(8), n)
		JGE(LabelRef("line"))
		Label("tail")
		ADDQ(Imm(8), n)
		JZ(LabelRef("done"))
		PREFETCHT0(Mem{Base: next, Index: n, Scale: 8, Disp: -1})
		Label("word")
		word(0)
		ADDQ(Imm(8), row)
		ADDQ(U32(128), from)
		DECQ(n)
		JNZ(LabelRef("word"))
		widen()
		Label("done")
		y := YMM()
		VEXTRACTI64X4(Imm(1), sum, y)
		VPADDD(sum.AsY(), y, y)
		return fold(y)
	})
}

func sums256() {
	TEXT("sums256", NOSPLIT, sums)
	Pragma("noescape")
	Doc("sums256 is sums512 with AVX2.")
	select16 := selector()
	rows(func(row, next, m, words Register) VecVirtual {
		n, from := GP64(), GP64()
		MOVQ(words, n)
		MOVQ(m, from)
		PREFETCHT0(Mem{Base: next})
		PREFETCHT0(Mem{Base: next, Index: n, Scale: 8, Disp: -1})
		sums := [4]VecVirtual{YMM(), YMM(), YMM(), YMM()}
		for _, s := range sums {
			VPXOR(s, s, s)
		}
		Label("word")
		PREFETCHT0(Mem{Base: next})
		for q, s := range sums {
			t := YMM()
			VPBROADCASTW(Mem{Base: row, Disp: 2 * q}, t)
			VPAND(t, select16, t)
			VPCMPEQW(t, select16, t)
			// The mask is -1 where the bit is set.
			VPMADDWD(Mem{Base: from, Disp: 32 * q}, t, t)
			VPSUBD(t, s, s)
		}
		ADDQ(Imm(8), row)
		ADDQ(Imm(8), next)
		ADDQ(U32(128), from)
		DECQ(n)
		JNZ(LabelRef("word"))
		VPADDD(sums[1], sums[0], sums[0])
		VPADDD(sums[3], sums[2], sums[2])
		VPADDD(sums[2], sums[0], sums[0])
		return fold(sums[0])
	})
}

// selector has bit k in lane k.
func selector() VecVirtual {
	bits := GLOBL("selector", RODATA|NOPTR)
	for k := range 16 {
		DATA(2*k, U16(1<<k))
	}
	y := YMM()
	VMOVDQU(bits, y)
	return y
}

const add = "func(m *int16, row *uint64, words int, d int16)"

func add512() {
	TEXT("add512", NOSPLIT, add)
	Pragma("noescape")
	Doc("add512 adds d to the m whose bits are set in the row and takes it away from the others.")
	m := Load(Param("m"), GP64())
	row := Load(Param("row"), GP64())
	words := Load(Param("words"), GP64())
	d := GP32()
	Load(Param("d"), d.As16())
	step, twice := ZMM(), ZMM()
	VPBROADCASTW(d, step)
	VPADDW(step, step, twice)
	Label("flip")
	for q := range 2 {
		mask, z := K(), ZMM()
		KMOVD(Mem{Base: row, Disp: 4 * q}, mask)
		VMOVDQU16(Mem{Base: m, Disp: 64 * q}, z)
		VPSUBW(step, z, z)
		VPADDW(twice, z, mask, z)
		VMOVDQU16(z, Mem{Base: m, Disp: 64 * q})
	}
	ADDQ(Imm(8), row)
	ADDQ(U32(128), m)
	DECQ(words)
	JNZ(LabelRef("flip"))
	VZEROUPPER()
	RET()
}

func add256() {
	TEXT("add256", NOSPLIT, add)
	Pragma("noescape")
	Doc("add256 is add512 with AVX2.")
	m := Load(Param("m"), GP64())
	row := Load(Param("row"), GP64())
	words := Load(Param("words"), GP64())
	d := GP32()
	Load(Param("d"), d.As16())
	x, step, twice := XMM(), YMM(), YMM()
	MOVWLZX(d.As16(), d)
	VMOVD(d, x)
	VPBROADCASTW(x, step)
	VPADDW(step, step, twice)
	select16 := YMM()
	VMOVDQU(NewDataAddr(Symbol{Name: "selector", Static: true}, 0), select16)
	Label("flip")
	for q := range 4 {
		t, y := YMM(), YMM()
		VPBROADCASTW(Mem{Base: row, Disp: 2 * q}, t)
		VPAND(t, select16, t)
		VPCMPEQW(t, select16, t)
		VPAND(t, twice, t)
		VMOVDQU(Mem{Base: m, Disp: 32 * q}, y)
		VPSUBW(step, y, y)
		VPADDW(t, y, y)
		VMOVDQU(y, Mem{Base: m, Disp: 32 * q})
	}
	ADDQ(Imm(8), row)
	ADDQ(U32(128), m)
	DECQ(words)
	JNZ(LabelRef("flip"))
	VZEROUPPER()
	RET()
}

func main() {
	ConstraintExpr("amd64")
	for _, emit := range []func(){sums512, sums256, add512, add256} {
		emit()
	}
	Generate()
}

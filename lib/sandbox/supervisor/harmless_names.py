"""Names that code may use which shares a process with other candidates: see ``harmless.py``.

None of them reaches the interpreter, evaluates text as code (but what ``tripwire.py`` then ends),
or gives a thing that is shared with other code and can be changed. Beyond ``math``, the modules are
not whole: what models use is here, and code that uses more runs in a process of its own.
"""

import itertools
import math


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = _words(
    """abs all any ascii bin bool chr complex dict divmod enumerate filter float frozenset hex int
    isinstance iter len list map max min next oct ord pow print range repr reversed round set slice
    sorted str sum tuple zip True False None NotImplemented Ellipsis ArithmeticError AssertionError
    AttributeError Exception FloatingPointError IndexError KeyError LookupError NameError
    NotImplementedError OverflowError RuntimeError StopIteration TypeError ValueError
    ZeroDivisionError"""
)
"""Of the names of ``builtins``, those that may be used; any other name is the code's own."""

_MATHEMATICS = frozenset(name for name in dir(math) if not name.startswith("_"))

MODULES: dict[str, frozenset[str]] = {
    "math": _MATHEMATICS,
    "cmath": _MATHEMATICS | {"phase", "polar", "rect"},
    "itertools": frozenset(name for name in dir(itertools) if not name.startswith("_")),
    "fractions": frozenset({"Fraction"}),
    "collections": frozenset({"Counter", "OrderedDict", "defaultdict", "deque"}),
    "functools": frozenset({"cmp_to_key", "partial", "reduce"}),
    "statistics": _words(
        "fmean mean median median_high median_low mode multimode pstdev pvariance stdev variance"
    ),
    "random": _words("choice choices gauss randint random randrange sample seed shuffle uniform"),
    "string": frozenset({"ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits"}),
    "heapq": frozenset({"heapify", "heappop", "heappush", "nlargest", "nsmallest"}),
    "bisect": frozenset({"bisect", "bisect_left", "bisect_right", "insort"}),
    "datetime": frozenset({"date", "datetime", "timedelta"}),
    "sympy": _words(
        """Abs Add And Circle Derivative E Eq EmptySet FiniteSet Float Ge GoldenRatio Gt I Integer
        Integral Intersection Interval LC LT Le Limit Line Lt Matrix Max Min Mod Mul N Ne Not Or
        Piecewise Point Poly Polygon Pow Product Rational S Segment Sum Symbol Triangle Tuple Union
        acos acosh apart arg asin asinh atan atan2 atanh binomial cancel cbrt ceiling collect
        conjugate cos cosh cot csc degree det diag diff discriminant div divisor_count
        divisor_sigma divisors exp expand expand_log expand_trig eye factor factor_list factorial
        factorint fibonacci floor gcd igcd ilcm im integrate isprime lcm limit linsolve ln log
        logcombine mod_inverse nan nextprime nonlinsolve nroots nsimplify nsolve ones oo pi
        powsimp prevprime prime primefactors primepi primerange product quo radsimp ratsimp re
        real_roots rem resultant root roots sec series sign simplify sin sinh solve
        solve_univariate_inequality solveset sqrt sqrtdenest subfactorial summation symbols tan
        tanh together totient trace trigsimp zeros zoo"""
    ),
    "numpy": _words(
        """abs absolute add all allclose amax amin any arange arccos arcsin arctan arctan2 argmax
        argmin argsort argwhere around array array_equal bincount bool_ cbrt ceil choice clip
        column_stack concatenate convolve cos cosh count_nonzero cross cumprod cumsum deg2rad
        degrees det diag diagonal diff divide divmod dot e eig eigh eigvals eigvalsh equal exp
        expand_dims eye flip float32 float64 floor full full_like gcd greater histogram hstack
        hypot identity in1d inf inner int32 int64 interp intersect1d inv isclose isfinite isin
        isinf isnan kron lcm less linalg linspace log log10 log1p log2 lstsq matmul matrix_power
        matrix_rank max maximum mean median meshgrid min minimum mod multiply nan nanmean nansum
        ndarray negative newaxis nonzero norm normal ones ones_like outer percentile permutation pi
        poly polyfit polyval power prod ptp rad2deg radians rand randint randn random ravel
        remainder repeat reshape rint roll roots rot90 round searchsorted seed setdiff1d shuffle
        sign sin sinh solve sort split sqrt square squeeze stack std subtract sum take tan tanh
        tile trace transpose tril triu trunc uniform union1d unique var vdot vstack where zeros
        zeros_like"""
    ),
}
"""Modules that may be imported, and what may be taken from each."""

_OF_CONTAINERS = """add append appendleft bit_length capitalize center clear copy count difference
    discard elements endswith extend extendleft find fromkeys get imag index insert intersection
    is_integer isalnum isalpha isdecimal isdigit isdisjoint islower isnumeric issubset issuperset
    isupper items join keys ljust lower lstrip most_common numerator denominator partition pop
    popitem popleft real remove replace reverse rfind rjust rotate rpartition rsplit rstrip
    setdefault sort split splitlines startswith strip subtract swapcase title total union update
    upper values zfill as_integer_ratio limit_denominator conjugate symmetric_difference"""
_OF_DATES = """day days hour isoweekday minute month seconds total_seconds weekday year"""
_OF_EXPRESSIONS = """all_coeffs applyfunc area args as_expr as_numer_denom as_real_imag atoms
    coeff coeff_monomial coeffs col contains degree distance doit eigenvals eigenvects end equals
    evalf expand factor free_symbols has inv is_Add is_Integer is_Mul is_Number is_Pow is_Rational
    is_complex is_composite is_even is_finite is_imaginary is_infinite is_integer is_irrational
    is_negative is_nonnegative is_nonzero is_number is_odd is_polynomial is_positive is_prime
    is_rational is_real is_zero left lhs limit midpoint monoms n name nullspace p perimeter q radius
    rank removeO rewrite rhs right row rref series shape simplify start subs sup terms tolist
    trigsimp xreplace Complexes Half Infinity Integers Naturals Naturals0 NegativeOne One Pi
    Rationals Reals Zero"""
_OF_ARRAYS = """T argmax argmin argsort astype copy cumprod cumsum dtype flatten item max mean min
    ndim prod reshape round size std sum trace var"""

ATTRIBUTES = frozenset().union(
    *MODULES.values(),
    *(names.split() for names in (_OF_CONTAINERS, _OF_DATES, _OF_EXPRESSIONS, _OF_ARRAYS)),
)
"""What may be read of any value. Neither ``format`` nor ``format_map``: they read attributes that
are named in text."""

TAKING_EXPRESSIONS = _words(
    """Eq N Poly S collect diff evalf expand factor integrate limit nsimplify nsolve roots simplify
    solve solveset subs summation xreplace"""
)
"""What evaluates a text that it is given: ``tripwire.py`` would end the process for it."""

"""Creation, conversion, variables and Python's operators, compared with TensorFlow.

Errors are compared by type: gradtape adds remedies to TensorFlow's messages.
"""

import itertools
import operator

import numpy as np
import pytest
from compare import same

EXPRESSIONS = """
tf.constant([1,2],shape=(2,2))
tf.constant(1,shape=(2,2))
tf.constant([1,2,3,4],shape=[2,2])
tf.constant([[1,2],[3,4]],shape=4)
tf.constant(1.5, tf.float64, [3])
tf.constant([], shape=(0,3))
tf.constant(tf.constant(2.), dtype=tf.float64)
tf.zeros(3)
tf.zeros(())
tf.zeros([2,3],tf.int32)
tf.zeros(tf.constant([2,3]),tf.bool)
tf.zeros((2,-1))
tf.zeros((2,2.5))
tf.zeros((2,None))
tf.zeros(np.array([2,3]))
tf.zeros([tf.constant(2),3])
tf.ones([2],tf.uint8)
tf.ones([2],"float64")
tf.ones([2],np.int64)
tf.ones((2,3),tf.bool)
tf.zeros((2**62,))
tf.zeros_like([1,2])
tf.zeros_like([1.,2],dtype=tf.int32)
tf.ones_like(np.eye(2))
tf.ones_like([True,False])
tf.ones_like(3)
tf.zeros_like(tf.Variable([1.,2.]))
tf.fill([2,3],9)
tf.fill([2,3],9.)
tf.fill([2],True)
tf.fill([],9.)
tf.fill([2],np.float64(3))
tf.fill([2],[1,2])
tf.fill([-2],1)
tf.fill(3,1)
tf.eye(2)
tf.eye(2,3)
tf.eye(3,2,dtype=tf.int32)
tf.eye(2,batch_shape=[2])
tf.eye(2,dtype=tf.bool)
tf.eye(0)
tf.eye(-1)
tf.range(5)
tf.range(3,18,3)
tf.range(3,1,-0.5)
tf.range(5.)
tf.range(0,1,0.1)
tf.range(0,1,0.1,dtype=tf.float64)
tf.range(0.,100.,0.1)
tf.range(5,dtype=tf.float32)
tf.range(5,dtype=tf.int64)
tf.range(5,2)
tf.range(2,5,-1)
tf.range(2,5,0)
tf.range([1,2])
tf.range(0)
tf.range(tf.constant(5,tf.int64))
tf.range(1,tf.constant(5.))
tf.range(1.5,5)
tf.range(-3)
tf.range(10,0,-3)
tf.range(np.int64(5))
tf.range(tf.constant(3),dtype=tf.float64)
tf.linspace(0.,1.,5)
tf.linspace(0,1,5)
tf.linspace(0.,1.,1)
tf.linspace(0.,1.,2)
tf.linspace(0.,1.,0)
tf.linspace(0.,1.,-1)
tf.linspace([0.,1.],[1.,3.],3)
tf.linspace([0.,1.],[1.,3.],3,axis=-1)
tf.linspace([0.,1.],[1.,3.],3,axis=1)
tf.linspace(0.,[1.,3.],3)
tf.linspace(np.float64(0),1,4)
tf.linspace(0.,10.,50)
tf.linspace(1.,0.,7)
tf.convert_to_tensor(tf.constant(2.), tf.float64)
tf.convert_to_tensor(tf.Variable(2.), tf.float64)
tf.convert_to_tensor(tf.Variable(2.))
tf.constant(tf.Variable(2.))
tf.constant(1, "int33")
tf.Variable()
tf.Variable(None)
tf.Variable([1,[2]])
tf.Variable(2.,dtype=tf.int32)
tf.Variable(2,dtype=tf.float32)
tf.Variable(lambda: 3.)
tf.Variable([1.,2.],shape=(3,))
tf.Variable(1.,name="a b")
tf.Variable(1.,trainable=False).trainable
tf.Variable(True)
tf.Variable(np.arange(3))
tf.Variable(tf.Variable(3.))
tf.Variable(3).assign(4.5)
tf.Variable(3.).assign([4.])
tf.Variable([3.,4.]).assign(4.)
tf.Variable(3.).assign(tf.constant(4,tf.float64))
tf.Variable(3.).assign("a")
tf.Variable(3.).assign(None)
tf.Variable(3.).assign_sub([1.])
tf.Variable([3.,4.]).assign_sub(1.)
tf.Variable(3).assign_sub(1.5)
tf.Variable([1.,2.,3.]).assign_add([1.,2.])
tf.Variable([True]).assign_add([True])
repr(tf.Variable(3.).assign(4,read_value=False))
hash(tf.Variable(1.))
hash(tf.constant(1.))
{tf.Variable(1.):1}
tf.Variable(1.)==tf.Variable(1.)
tf.Variable([1.,2.])==[1.,3.]
bool(tf.Variable([1.,2.]))
bool(tf.constant([1.,2.]))
float(tf.constant([1.]))
float(tf.constant([1.,2.]))
int(tf.constant(2.7))
int(tf.constant([3]))
[1,2,3][tf.constant(1)]
[1,2,3][tf.constant(1.)]
range(tf.constant(3))
len(tf.constant(3.))
len(tf.constant([3.]))
list(tf.constant(3.))
list(tf.constant([[3.,4.]]))
f"{tf.constant(3.14159):.2f}"
f"{tf.constant([3.14159]):.2f}"
f"{tf.constant(3)}"
f"{tf.constant([3])}"
f"{tf.Variable(3.)}"
f"{tf.Variable(3.):.2f}"
"{:5d}".format(tf.constant(3))
"%.2f" % tf.constant(3.14159)
"%d" % tf.constant(3)
"%s" % tf.constant(3)
tf.constant(1.).foo
tf.Variable(1.).foo
tf.constant([1.,2.])[None]
tf.constant([1.,2.])[tf.constant(1)]
tf.constant([[1.,2.],[3.,4.]])[...,0]
tf.constant([1.,2.])[tf.constant([True,False])]
tf.constant(1.).numpy().dtype
tf.Variable(1.).device
tf.constant(1.).device
tf.constant(1.).shape.rank
tf.constant([1.]).get_shape()
tf.constant([1.]).ndim
complex(tf.constant(1.))
abs(tf.constant(-1))
-tf.constant([True])
~tf.constant([1])
~tf.constant([1.])
divmod(tf.constant(7),2)
tf.constant([1.]) @ tf.constant([1.])
np.array(tf.constant([1.,2.]))
np.add(tf.constant([1.,2.]),1)
np.array([1.,2.])+tf.constant([1.,2.],tf.float64)
np.float64(2)*tf.constant([1.,2.])
np.float32(2)*tf.constant([1.,2.])
np.array([1.,2.])*tf.Variable([1.,2.])
np.sum(tf.constant([1.,2.]))
tf.constant([1.,2.]).__array__(np.float64)
tf.constant([1.])+None
None+tf.constant([1.])
tf.constant([1.])+object()
tf.constant([1.])<"a"
tf.constant([1.])==None
tf.constant([1.])!=None
tf.constant([1.])=="a"
tf.constant([1.,2.])==tf.constant([1.,2.,3.])
tf.constant([1.,2.])!=tf.constant([1.,2.,3.])
tf.constant([1.])==tf.constant([1])
1. in tf.constant([1.])
tf.constant(2.)**3
tf.constant(2)**-1
tf.constant(2.)**tf.constant(3)
2**tf.constant(3.)
tf.constant(7)//2
tf.constant(7)/2
tf.constant(7)//0
tf.constant(7)%0
tf.constant(7.)//0
tf.constant(7)/0
tf.add(1,2)
tf.add(1.,2)
tf.add(1,2.)
tf.add([1.],[[1.,2.],[3.,4.]])
tf.matmul([[1.,2.]],[[1.,2.]])
tf.matmul([1.],[1.])
tf.matmul(tf.constant([[1.]]),tf.constant([[1]]))
tf.reduce_sum([[1,2],[3,4]],axis=2)
tf.reduce_mean([])
tf.reduce_sum([True])
tf.reshape([1,2,3],[2,2])
tf.cast([1.7,-1.7],tf.int32)
tf.cast(tf.constant([1e20,float("nan")]),tf.int32)
tf.cast([300.,-1.],tf.uint8)
tf.exp(1)
tf.exp([1,2])
tf.sqrt(-1.)
tf.nn.relu([-1,1])
tf.abs(-3)
tf.sigmoid(True)
tf.GradientTape().gradient(tf.constant(1.),tf.constant(1.))
tf.constant([True])/tf.constant([True])
tf.Variable([True])/True
tf.concat([tf.constant([1]),[2.5]],0)
tf.stack([[1],2])
tf.stack([[1,2],[3]])
tf.stack([1,[2.5]])
tf.stack([True,1])
tf.stack([[[1,2],[3]],[4]])
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(expression):
    same(lambda tf: eval(expression, {"tf": tf, "np": np}), message=False)


OPERATORS = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow),
    *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
]
DTYPES = ["float32", "float64", "int32", "int64"]
OTHERS = [
    *(2, 2.5, -1, True, [1, 2, 3], [1.0, 2.0, 3.0], (1, 2, 3), [[1], [2]], [1, 2.5, 3]),
    *(np.array([1, 2, 3]).astype(dtype) for dtype in [*DTYPES, "uint8", "int8", "int16", "uint16", "float16"]),
    *(np.array([1, 2, 3]).astype(dtype)[1] for dtype in [*DTYPES, "uint8", "float16"]),
    *(np.arange(6.0).reshape(2, 3), np.array([1.5, 2.5, 3.5]), [[1, 2], [3]]),
]


@pytest.mark.parametrize("swapped", [False, True], ids=["", "reflected"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", OPERATORS, ids=lambda operation: operation.__name__)
def test_operators_with_what_is_no_tensor(operation, dtype, swapped):
    for other, make in itertools.product(OTHERS, ("constant", "Variable")):
        if swapped and operation is operator.pow and isinstance(other, np.ndarray | np.generic):
            continue

        def program(tf, other=other, make=make):
            tensor = getattr(tf, make)(np.array([1, 2, 3]).astype(dtype))
            return operation(other, tensor) if swapped else operation(tensor, other)

        same(program, message=False, rtol=1e-6)


@pytest.mark.parametrize("operation", OPERATORS, ids=lambda operation: operation.__name__)
def test_operators_of_tensors_of_every_pair_of_dtypes(operation):
    for left, right in itertools.product(DTYPES, DTYPES):
        same(
            lambda tf, left=left, right=right: operation(tf.constant([1, 2, 3], left), tf.constant([3, 2, 1], right)),
            message=False,
            rtol=1e-6,
        )


@pytest.mark.parametrize("name", ["add", "sub", "max", "min", "update"])
def test_scatter_nd(name):
    for indices, values in [([[0], [2]], [10.0, 20.0]), ([[5]], [1.0]), ([[0]], [1.0, 2.0]), ([[1], [1]], [4.0, 5.0])]:

        def program(tf, indices=indices, values=values):
            variable = tf.Variable([1.0, 2.0, 3.0])
            getattr(variable, "scatter_nd_" + name)(indices, values)
            return variable.numpy()

        same(program, message=False)

"""Edge cases of functions' arguments: their outcome, value or error, is the same as in TensorFlow.

A program is a line, statements before the last `; ` and then an expression. For errors the type and the message are
compared, without the names of kernels, TensorFlow's remarks about graphs, and the remedy that gradtape adds.
"""

from __future__ import annotations

import copy
import math
import re
from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import run

import gradtape
from agreement import assert_equal
from cases import cases

PROGRAMS = [
    line
    for line in """
tf.truncatediv(7, -2**31)
tf.truncatediv(-2**31, 2**31-1)
tf.linspace(-3e38, 3e38, 3)
tf.linspace(-3e38, 3e38, 5)
tf.linspace(tf.constant(-1.7e308,tf.float64), 1.7e308, 3)
tf.linspace(1,5,3)
tf.linspace(0.,1.,0)
tf.linspace(0.,1.,1)
tf.linspace(0.,float('inf'),3)
tf.linspace([0.,1.],[1.,2.],3)
tf.linspace(0.,1.,-1)
tf.saturate_cast(tf.constant(1e300,tf.float64), tf.float32)
tf.saturate_cast(tf.constant([1e300,-1e300,float('inf'),-float('inf'),float('nan')],tf.float64), tf.float32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),3e9,-3e9]), tf.int32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),3e9,-3e9,1e300],tf.float64), tf.int32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),3e19,-3e19]), tf.uint8)
tf.saturate_cast(tf.constant([2**40,-2**40],tf.int64), tf.int32)
tf.saturate_cast(tf.constant([2**40,-2**40],tf.int64), tf.uint8)
tf.saturate_cast(tf.constant([2**30,-2**30],tf.int32), tf.int64)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),1.5],tf.float16), tf.float32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),1.5],tf.float16), tf.int32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),1.5]), tf.float32)
tf.saturate_cast(tf.constant([float('inf'),-float('inf'),float('nan'),1.5]), tf.float64)
tf.saturate_cast(tf.constant([70000,-70000,3],tf.int32), tf.float16)
tf.saturate_cast(tf.constant([2**30,-2**30],tf.int32), tf.float32)
tf.saturate_cast(tf.constant([True]), tf.float32)
tf.saturate_cast(tf.constant([True]), tf.int32)
tf.saturate_cast(tf.constant([1.0,2]), tf.bool)
tf.saturate_cast(tf.constant([1,2]), tf.bool)
tf.saturate_cast([1,2], 'foo')
tf.size(tf.zeros([2**16,0]))
tf.dynamic_stitch([[-1]], [[1.]])
tf.dynamic_stitch([[0],[-2]], [[1.],[2.]])
tf.dynamic_stitch([[0],[1]], [tf.constant([1.]),tf.constant([2.],tf.float64)])
tf.dynamic_stitch([[0],[1]], [[1],tf.constant([2.],tf.float64)])
tf.dynamic_stitch([[0],[1]], [[1],[2.5]])
tf.dynamic_stitch([[0.]], [[1.]])
tf.dynamic_stitch([tf.constant([0],tf.int64)], [[1.]])
tf.dynamic_stitch([[0]], [[1.],[2.]])
tf.dynamic_stitch([[0],[1]], [[1.],[[2.]]])
tf.dynamic_stitch([[0],[1]], [[[1.,2]],[[2.]]])
tf.dynamic_stitch([[]], [[]])
tf.dynamic_stitch([tf.constant([],tf.int32)], [[]])
tf.dynamic_stitch([tf.zeros([0],tf.int32)], [tf.zeros([0,2])])
tf.dynamic_stitch([[3]], [[1.]])
v=tf.Variable([1.,2.,3.]); v.scatter_update(tf.IndexedSlices(5.,[0,1])); v
v=tf.Variable([1.,2.,3.]); v.scatter_sub(tf.IndexedSlices(5.,0)); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_mul(tf.IndexedSlices(5.,[0])); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_div(tf.IndexedSlices(5.,[0])); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_max(tf.IndexedSlices(2.,[0])); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_min(tf.IndexedSlices(2.,[0])); v
v=tf.Variable([1.,2.,3.]); v.scatter_update(tf.IndexedSlices([5],[0])); v
v=tf.Variable([1.,2.,3.]); v.scatter_update(tf.IndexedSlices([5.],[0.])); v
v=tf.Variable([1.,2.,3.]); v.scatter_update(3); v
v=tf.Variable([1,2,3]); v.scatter_div(tf.IndexedSlices([0],[0])); v
v=tf.Variable([1,2,-7]); v.scatter_div(tf.IndexedSlices([2],[2])); v
v=tf.Variable([True]); v.scatter_update(tf.IndexedSlices([False],[0])); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_nd_update([[0]],[5.]); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_nd_update([[0]],[[5.]]); v
v=tf.Variable([1.,2.,3.]); v.scatter_nd_max([[0.]],[5.]); v
v=tf.Variable([1.,2.,3.]); v.batch_scatter_update(tf.IndexedSlices([5.],[0])); v
tf.scatter_nd([[0],[1]],5.,[3])
tf.tensor_scatter_nd_update([1.,2.],[[0]],5.)
tf.transpose(tf.ones([2,3]),[[1,0]])
tf.transpose(tf.ones([2,3]),[[1],[0]])
tf.transpose(tf.ones([2,3]),1)
tf.transpose(tf.ones([2]),0)
tf.transpose(tf.ones([2,3]),[0,0])
tf.transpose(tf.ones([2,3]),[0,2])
tf.transpose(tf.ones([2,3]),[0,-3])
tf.transpose(tf.ones([2,3]),[0,-1])
tf.transpose(tf.ones([2,3]),[0,1,2])
tf.transpose(tf.ones([2,3]),[0.,1.])
tf.transpose(tf.ones([2,3]),[])
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),[[-1],[-2]])
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),3)
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),-1)
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),[[1,0],[0]])
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),[[1],[0],[0]])
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),[1])
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),"a")
tf.tensordot(tf.ones([2,3]),tf.ones([3,2]),1.0)
tf.split(tf.range(6),[2,4],num=3)
tf.split(tf.range(6),[2,4],num=2)
tf.split(tf.range(6),[2,3])
tf.split(tf.range(6),[2,-1])
tf.split(tf.range(6),[-1,-1])
tf.split(tf.range(6),[7,-1])
tf.split(tf.range(6),[2,-2])
tf.split(tf.range(6),4)
tf.split(tf.range(6),0)
tf.split(tf.range(6),-1)
tf.split(tf.range(6),2,axis=1)
tf.split(tf.range(6),2,axis=-2)
tf.split(tf.constant(1),2)
tf.split(tf.range(6),2.0)
tf.split(tf.range(6),[2.,4.])
tf.split(tf.range(6),[[2,4]])
tf.split(tf.range(6),2,num=3)
tf.nn.space_to_depth(tf.ones([1,2,2,1]),0)
tf.nn.space_to_depth(tf.ones([1,2,2,1]),1)
tf.nn.space_to_depth(tf.ones([1,2,2,1]),-1)
tf.nn.space_to_depth(tf.ones([1,3,2,1]),2)
tf.nn.space_to_depth(tf.ones([1,2,2]),2)
tf.nn.depth_to_space(tf.ones([1,2,2,4]),0)
tf.nn.depth_to_space(tf.ones([1,2,2,4]),1)
tf.nn.depth_to_space(tf.ones([1,2,2,4]),-2)
tf.nn.depth_to_space(tf.ones([1,2,2,3]),2)
tf.nn.depth_to_space(tf.ones([1,2,2]),2)
tf.reverse_sequence(tf.ones([2,3]),[1,2])
tf.linalg.diag_part(tf.ones([2,3]),k=3)
tf.linalg.diag_part(tf.ones([2,3]),k=-2)
tf.linalg.diag_part(tf.ones([2,3]),k=(-2,0))
tf.linalg.diag_part(tf.ones([2,3]),k=(0,3))
tf.linalg.diag_part(tf.ones([2,3]),k=(1,0))
tf.linalg.diag_part(tf.ones([2,3]),k=(0,1,2))
tf.linalg.diag_part(tf.ones([3]),k=0)
tf.linalg.diag_part(tf.ones([2,3]),k=2)
tf.linalg.diag_part(tf.ones([0,0]),k=0)
tf.linalg.diag_part(tf.ones([0,3]),k=0)
tf.linalg.diag_part(tf.ones([2,3]),align="foo")
tf.linalg.band_part(tf.ones([2,3]),3,0)
tf.linalg.band_part(tf.ones([2,3]),2,0)
tf.linalg.band_part(tf.ones([2,3]),0,4)
tf.linalg.band_part(tf.ones([2,3]),0,3)
tf.linalg.band_part(tf.ones([2,3]),-5,0)
tf.linalg.band_part(tf.ones([2,3]),[1],0)
tf.linalg.band_part(tf.ones([3]),1,0)
tf.linalg.diag(tf.constant(1.))
tf.linalg.diag([1.,2.],k=(1,0))
tf.linalg.diag([1.,2.],num_rows=1)
tf.linalg.diag([1.,2.],num_rows=3,num_cols=4)
tf.linalg.diag([1.,2.],k=1,num_rows=2,num_cols=2)
tf.linalg.diag([[1.,2.],[3.,4.]],k=(0,1),num_rows=1)
tf.linalg.set_diag(tf.ones([2,2]),[1.,2.,3.])
tf.linalg.set_diag(tf.ones([2,2]),[1.,2.],k=2)
tf.linalg.set_diag(tf.ones([2]),[1.,2.])
tf.linalg.tensor_diag_part(tf.ones([2,3]))
tf.linalg.tensor_diag(tf.constant(1.))
tf.linalg.trace(tf.ones([3]))
tf.reshape(tf.ones([3,0]),[0,-1])
tf.reshape(tf.ones([3,0]),[-1,0])
tf.reshape(tf.ones([3,0]),[-1])
tf.reshape(tf.ones([3,0]),[3,-1])
tf.reshape(tf.ones([3,2]),[0,-1])
tf.reshape(tf.ones([3,2]),[-1,-1])
tf.reshape(tf.ones([3,2]),[4,-1])
tf.reshape(tf.ones([3,2]),[4])
tf.reshape(tf.ones([3,2]),[-2,3])
tf.reshape(tf.ones([3,2]),[[6]])
tf.reshape(tf.ones([3,2]),[6.])
tf.reshape(tf.ones([3,2]),6)
tf.reshape(tf.ones([3,2]),tf.constant(6))
tf.reshape(tf.ones([3,2]),None)
tf.reshape(tf.ones([3,2]),[None,2])
tf.reshape(tf.ones([0]),[0]*9)
tf.gather([1.,2.],[0],batch_dims=None)
tf.gather([[1.,2.]],[[0]],batch_dims=None,axis=1)
tf.gather([[1.,2.]],[[0]],batch_dims=-1,axis=1)
tf.gather([[1.,2.]],[[0]],batch_dims=1,axis=0)
tf.gather([[1.,2.]],[[0]],batch_dims=-3)
tf.gather([[1.,2.]],[0],axis=5)
tf.gather([[1.,2.]],[0],axis=-3)
tf.gather([[1.,2.]],[0.])
tf.gather([[1.,2.]],[0],axis=1.0)
tf.gather([1.,2.],[2])
tf.gather([1.,2.],[-1])
tf.gather([1.,2.],2**40)
tf.gather(tf.zeros([0]),[0])
tf.gather(tf.zeros([0]),tf.zeros([0],tf.int32))
tf.gather_nd([[1.,2.]],[[0,5]],bad_indices_policy="IGNORE")
tf.gather_nd([[1.,2.]],[[0,5],[0,1]],bad_indices_policy="IGNORE")
tf.gather_nd([[1.,2.]],[[3],[0]],bad_indices_policy="IGNORE")
tf.gather_nd([[1.,2.]],[[0,5]],bad_indices_policy="ERROR")
tf.gather_nd([[1.,2.]],[[0,5]],bad_indices_policy="DEFAULT")
tf.gather_nd([[[1.,2.]]],[[[0,7]]],batch_dims=1,bad_indices_policy="IGNORE")
tf.gather_nd([[1.,2.]],[[0,1]],batch_dims=3)
tf.gather_nd([[1.,2.]],[[0,1]],batch_dims=-1)
tf.gather_nd([[1.,2.]],0)
tf.tensor_scatter_nd_add([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="IGNORE")
tf.tensor_scatter_nd_add([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="foo")
tf.tensor_scatter_nd_sub([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="IGNORE")
tf.tensor_scatter_nd_sub([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="foo")
tf.tensor_scatter_nd_max([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="IGNORE")
tf.tensor_scatter_nd_max([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="foo")
tf.tensor_scatter_nd_min([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="IGNORE")
tf.tensor_scatter_nd_min([1.,2.],[[5],[0]],[1.,7.],bad_indices_policy="foo")
tf.scatter_nd([[5]],[1.],[4],bad_indices_policy="IGNORE")
tf.scatter_nd([[5]],[1.],[4],bad_indices_policy="foo")
tf.scatter_nd([[5],[0]],[1.,2.],[4],bad_indices_policy="IGNORE")
tf.scatter_nd([[0]],[1.],[4],bad_indices_policy="DEFAULT")
tf.debugging.assert_shapes([(tf.ones([2,3]),('a','b'))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('a','a'))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('N',3)),(tf.ones([4]),('N',))])
tf.debugging.assert_shapes([(tf.ones([2,3]),'NM')])
tf.debugging.assert_shapes([(tf.ones([2,3]),(2,4))],message="hey")
tf.debugging.assert_shapes([(tf.ones([2,3]),(None,3))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('.','.'))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('...',3))])
tf.debugging.assert_shapes([(tf.ones([2,3]),(...,3))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('*',3))])
tf.debugging.assert_shapes([(tf.ones([2,3]),(2,))])
tf.debugging.assert_shapes([(tf.ones([2,3]),())])
tf.debugging.assert_shapes([(tf.constant(1.),())])
tf.debugging.assert_shapes([(tf.constant(1.),1)])
tf.debugging.assert_shapes([(tf.ones([3]),3)])
tf.debugging.assert_shapes([(tf.ones([3]),'N')])
tf.debugging.assert_shapes([(tf.ones([3]),4)])
tf.debugging.assert_shapes([(tf.ones([2,3]),('2',3))])
tf.debugging.assert_shapes([(tf.ones([2,3]),(...,...))])
tf.debugging.assert_shapes([(tf.ones([2,3]),tf.TensorShape([2,3]))])
tf.debugging.assert_shapes([([[1,2]],(2,4))])
tf.debugging.assert_shapes([(np.ones([2,3]),(2,4))])
tf.debugging.assert_shapes([(tf.ones([2,3]),('N',...,'N'))])
tf.debugging.assert_shapes([(tf.ones([2,3,2]),('N',...,'N')),(tf.ones([3]),('N'))])
tf.debugging.assert_shapes([(tf.ones([2,3]),(1,2)),(tf.ones([2]),(2,))],data=[1])
tf.debugging.assert_shapes([])
tf.debugging.assert_shapes(None)
tf.debugging.assert_shapes([tf.ones([2])])
tf.pad([True],[[1,1]])
tf.pad([True,False],[[1,1]],"REFLECT")
tf.pad([True],[[1,1]],constant_values=True)
tf.pad([True],[[1,1]],constant_values=1)
tf.pad([1.],[[1,1]],constant_values=True)
tf.pad([1],[[1,1]],constant_values=1.5)
tf.pad([1.],[[1,1]],constant_values=1)
tf.pad([1.],[[1,1]],constant_values=[1.,2.])
tf.pad([1.],[[1,1]],constant_values=None)
tf.pad([1.],[1,1])
tf.pad([1.],[[1]])
tf.pad([1.],[[1.,1.]])
tf.pad([1.],[[1,1]],mode="foo")
tf.pad([1.],[[1,1]],mode=3)
tf.pad(tf.constant(1.),[[1,1]])
tf.pad(tf.constant(1.),tf.zeros([0,2],tf.int32))
tf.reduce_mean(tf.zeros([0],tf.int32))
tf.reduce_mean(tf.zeros([0],tf.int64))
tf.reduce_mean(tf.zeros([0],tf.uint8))
tf.reduce_mean(tf.zeros([2,0],tf.int32),axis=1)
tf.reduce_mean(tf.zeros([0,2],tf.int32),axis=0)
tf.reduce_mean(tf.zeros([0,2],tf.int32),axis=1)
tf.reduce_mean(tf.zeros([0]))
tf.reduce_max(tf.zeros([0],tf.int32))
tf.reduce_min(tf.zeros([0],tf.int32))
tf.reduce_max(tf.zeros([0],tf.uint8))
tf.reduce_prod(tf.zeros([0],tf.int32))
tf.reduce_max(tf.zeros([0]))
tf.reduce_mean(tf.constant([2**31-1,2**31-1]))
tf.reduce_mean(tf.constant([-3,2]))
tf.reduce_mean(tf.constant([200,100],tf.uint8))
tf.reduce_sum(tf.constant([200,100],tf.uint8))
tf.nn.conv2d_transpose(tf.ones([1,2,2,1],tf.int32),tf.ones([2,2,1,1],tf.int32),[1,3,3,1],1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1],tf.int32),tf.ones([2,2,1,1],tf.int32),1,"VALID")
tf.nn.conv1d(tf.ones([1,2,1],tf.int32),tf.ones([2,1,1],tf.int32),1,"VALID")
tf.nn.conv3d(tf.ones([1,2,2,2,1],tf.int32),tf.ones([2,2,2,1,1],tf.int32),[1]*5,"VALID")
tf.nn.depthwise_conv2d(tf.ones([1,2,2,1],tf.int32),tf.ones([2,2,1,1],tf.int32),[1]*4,"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,1],tf.int32),2,1,"VALID")
tf.nn.avg_pool2d(tf.ones([1,2,2,1],tf.int32),2,1,"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),[1,1,1,2],[1,1,1,2],"VALID")
tf.nn.max_pool(tf.reshape(tf.range(8.),[1,2,2,2]),[1,1,1,2],[1,1,1,2],"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),[1,1,1,2],[1,1,1,1],"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),[1,2,2,2],[1,1,1,2],"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),[1,1,1,3],[1,1,1,3],"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),[1,1,1,2],[1,1,1,2],"SAME")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),0,1,"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),1,0,"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),-1,1,"VALID")
tf.nn.max_pool2d(tf.reshape(tf.range(8.),[1,2,2,2]),1,1,"foo")
tf.nn.max_pool1d(tf.ones([1,2,2]),[1,1,2],[1,1,2],"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1]),tf.ones([2,2,1,1]),0,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1]),tf.ones([2,2,2,1]),1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,3]),tf.ones([2,2,2,1]),1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1]),tf.ones([2,2,1]),1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1]),tf.ones([2,2,1,1]),[1,1,1,2],"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1]),tf.ones([2,2,1,1]),-1,"VALID")
bool(tf.zeros([0]))
bool(tf.zeros([0],tf.int32))
bool(tf.zeros([2]))
bool(tf.ones([1]))
bool(tf.zeros([1,1]))
bool(tf.constant(0.0))
bool(tf.constant(float('nan')))
bool(tf.Variable(tf.zeros([0])))
bool(tf.Variable(tf.zeros([2])))
not tf.zeros([0,2])
float(tf.ones([1]))
float(tf.ones([2]))
float(tf.zeros([0]))
int(tf.ones([1]))
int(tf.ones([2]))
int(tf.constant(float('nan')))
int(tf.constant(float('inf')))
complex(tf.ones([1]))
range(3)[tf.constant(1)]
range(3)[tf.constant(1.)]
range(3)[tf.constant([1])]
range(3)[tf.constant(True)]
len(tf.constant(1))
list(tf.constant(1))
pow(tf.constant(2),3,None)
class O:\n    def __rmatmul__(s,o): return "r"
tf.constant([1.]).__matmul__(object())
tf.constant([1.]) @ object()
tf.Variable(tf.ones([2,2]), shape=tf.TensorShape(None)).shape
v=tf.Variable(tf.ones([2,2]), shape=tf.TensorShape(None)); v.assign(tf.ones([3])); (v,v.shape)
v=tf.Variable(tf.ones([2,2]), shape=tf.TensorShape([None,2])); v.assign(tf.ones([3,2])); (v,v.shape)
v=tf.Variable(tf.ones([2,2]), shape=tf.TensorShape([None,2])); v.assign(tf.ones([3,3])); (v,v.shape)
v=tf.Variable(tf.ones([2,2]), shape=[None,2]); repr(v)
v=tf.Variable(tf.ones([2,2]), shape=[None,2]); v.value().shape
v=tf.Variable(tf.ones([2,2]), shape=tf.TensorShape(None)); repr(v)
v=tf.Variable(tf.ones([2,2]), shape=tf.TensorShape(None)); v.assign(tf.ones([3])); v+1
v=tf.Variable(tf.ones([2,2])); v.assign(tf.ones([3]))
v=tf.Variable(tf.ones([2,2]),validate_shape=False); v.assign(tf.ones([3])); v.shape
tf.Variable(tf.ones([2,2]), shape=[3,None])
v=tf.Variable([[1.,2.],[3.,4.]]); v[0,1:].assign([9.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0,1:].assign(9.); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0,1:].assign([9.,8.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[:,0].assign([9.,8.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[:,tf.newaxis,0].assign([[9.],[8.]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[...,0].assign([9.,8.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[1,1].assign(9.); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[::-1].assign([[9.,1.],[2.,3.]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0].assign([9.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0].assign([[9.,1.]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[2].assign([[9.,1.]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0:0].assign(tf.zeros([0,2])); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0].assign(tf.constant([1,2])); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[tf.constant(0)].assign([1.,2.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0,1:].assign([9.]).numpy()
f=tf.py_function(Tout=tf.float32); g=f(lambda x:x*2); g(tf.constant(1.))
g=tf.py_function(lambda x:x*2,Tout=tf.float32); g(tf.constant(1.))
tf.py_function(lambda x:x*2,[1.],tf.float32)
tf.py_function(lambda x:x*2,[1.],[tf.float32])
tf.py_function(lambda x:x,[1.])
f=tf.numpy_function(Tout=tf.float32); g=f(lambda x:x*2); g(tf.constant(1.))
tf.numpy_function(lambda x:x*2,[np.float32(1.)],tf.float32)
t=tf.GradientTape(); t.watch(3)
t=tf.GradientTape(); t.watch("a")
t=tf.GradientTape(); t.watch([])
t=tf.GradientTape(); t.watch(None)
tf.convert_to_tensor(tf.TensorShape([]))
tf.convert_to_tensor(tf.TensorShape([1,2]))
tf.convert_to_tensor(tf.TensorShape([1,None]))
tf.convert_to_tensor(tf.TensorShape(None))
tf.convert_to_tensor(tf.TensorShape([2**40]))
tf.convert_to_tensor(tf.TensorShape([1,2]),tf.float32)
tf.convert_to_tensor(tf.TensorShape([1,2]),tf.int64)
tf.constant(tf.TensorShape([1,2]))
tf.constant([tf.TensorShape([1,2]),tf.TensorShape([1,2])])
tf.reshape(tf.ones([2]),tf.TensorShape([1,2]))
tf.reshape(tf.ones([1]),tf.TensorShape([]))
tf.add(tf.TensorShape([]),tf.constant([],tf.int32))
v=tf.Variable(1.); v.initializer
v=tf.Variable(1.); v.load(2.); v
v=tf.Variable(1); (v.count_up_to(3),v)
v=tf.Variable(1); v.count_up_to(1)
v=tf.Variable(1.); v.count_up_to(3)
tf.constant(1.).backing_device
tf.constant(1.).cpu()
x=tf.constant(1.); y=tf.constant(1.); hash(x.ref())==hash(y.ref())
x=tf.constant(1.); x.ref()==3
tf.numpy_function(lambda:None,[],[])
tf.numpy_function(lambda:None,[])
tf.numpy_function(lambda x:x,Tout=tf.float32)
tf.numpy_function(inp=[1],Tout=tf.float32)
tf.py_function(inp=[1],Tout=tf.float32)
x=tf.constant(2.); z=tf.constant(3.); sorted([x.ref(),z.ref()])[0].deref() in (x,z)
tf.concat([[1],[2.5]],0)
tf.stack([[1],[2.5]],0)
tf.add_n([[1],[2.5]])
tf.where([True],[1],[2.5])
tf.where([True],1.5,2)
tf.tensor_scatter_nd_update([1],[[0]],[2.5])
tf.linalg.set_diag([[1]],[2.5])
tf.broadcast_dynamic_shape([1],[2.5])
tf.concat([1.,[2.]],0)
tf.stack([1,2.5])
tf.identity_n([1,2.5])
tf.math.confusion_matrix([0],[1.5])
tf.searchsorted([1,2],[1.5])
tf.linalg.solve([[1.]],[[1]])
tf.saturate_cast(tf.constant([1,255,0],tf.uint8), tf.bool)
tf.saturate_cast(tf.constant([3.,0.,-5]), tf.bool)
tf.saturate_cast([True], tf.bool)
tf.saturate_cast(tf.constant([1.7976931348623157e308],tf.float64), tf.uint8)
tf.saturate_cast(tf.constant([3.9,-1.2,2.5]), tf.uint8)
tf.linspace(1,2,2.0)
tf.linspace(1,2,3,axis=2)
tf.linspace(1,2,3,axis=-2)
tf.linspace([1.],[1.,2.,3.],3)
tf.linspace([1.,2.],[1.,2.,3.],3)
tf.linspace(1.,2.,[3])
tf.range(0,10,0)
tf.range(0,-10,1)
tf.range(1.5)
tf.range([1,2])
tf.range(0,10,dtype=tf.float32)
tf.range(0,5,dtype=tf.bool)
tf.range(float('inf'))
tf.range(0., 1., 1e-30)
tf.eye(2.5)
tf.eye("a")
tf.eye([2])
tf.eye(2,dtype=tf.bool)
tf.zeros([1],"foo")
tf.fill([2.5],1)
tf.fill([2],[1])
tf.fill(2,1)
tf.zeros_like([1],dtype="foo")
tf.constant(1,shape=[-1])
tf.constant([1,2],shape=[3])
tf.constant(1,shape=[2.5])
tf.constant(1,shape="a")
tf.constant(2**31)
tf.constant(1,dtype=tf.bool)
tf.constant(1.5,dtype=tf.int32)
tf.constant({})
tf.constant(None)
tf.constant(object())
tf.cast([1],"foo")
tf.cast([1],None)
tf.constant(float('nan'),dtype=tf.int32)
tf.cast([float('nan'),float('inf'),-float('inf'),3e9],tf.int32)
tf.cast([float('nan'),float('inf'),-float('inf'),3e19],tf.int64)
tf.cast([300.,-5.,float('nan'),float('inf')],tf.uint8)
tf.cast([2**40,-1],tf.int32)
tf.cast([2**40,-1],tf.uint8)
tf.cast(tf.constant([1e300],tf.float64),tf.float32)
tf.cast([0.5,float('nan'),-0.0],tf.bool)
v=tf.Variable([[1.,2.,3.]]); v.scatter_nd_update([[0,1]],[5.]); v
v=tf.Variable([[1.,2.,3.]]); v.scatter_nd_update([[[0,1]]],[[5.]]); v
tf.scatter_nd([0,2],[5.,6.],[3])
tf.scatter_nd([0],[5.],[3])
tf.tensor_scatter_nd_update([1.,2.,3.],[0,2],[5.,6.])
tf.tensor_scatter_nd_update([1.,2.,3.],[0],[5.])
tf.tensor_scatter_nd_update([1.,2.,3.],[0],5.)
tf.tensor_scatter_nd_max([1.,2.,3.],[0,2],[5.,6.])
v=tf.Variable([[1.,2.,3.],[4.,5.,6.]]); v.batch_scatter_update(tf.IndexedSlices([[5.],[9.]],[[0],[2]])); v
v=tf.Variable([[1.,2.,3.],[4.,5.,6.]]); v.batch_scatter_update(tf.IndexedSlices([[5.],[9.]],[[0],[3]])); v
v=tf.Variable(1); v.count_up_to(3.5)
v=tf.Variable(1); v.load([1,2])
v=tf.Variable(1); v.load("a")
v=tf.Variable(1); v.load(2.5)
v=tf.Variable([1,2]); v.count_up_to(3)
v=tf.Variable([1.,2.]); v.shape.rank
v=tf.Variable([1.,2.]); v.set_shape([3])
v=tf.Variable([1.,2.]); v.set_shape([2])
v=tf.Variable([1.,2.]); v.sparse_read([5])
v=tf.Variable([1,2]); v.assign(tf.constant([1.,2.]))
v=tf.Variable([1.,2.]); v.assign([1.,2.,3.])
v=tf.Variable([1.,2.]); v.assign("a")
v=tf.Variable([1.,2.]); v.assign(None)
v=tf.Variable([[1.,2.],[3.,4.]]); v[0].assign([[[9.,1.]]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0,1].assign([9.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[0].assign([[9.],[1.]]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[:,1:].assign([9.]); v
v=tf.Variable([[1.,2.],[3.,4.]]); v[:,1:].assign([9.,8.]); v
v=tf.Variable(2.); v[0].assign(3.)
v=tf.Variable([1.,2.]); v[5].assign(3.)
v=tf.Variable([1.,2.]); v[5:].assign(tf.zeros([0])); v
v=tf.Variable([1.,2.]); v[::0].assign(3.)
v=tf.Variable(1.,name="a/b"); v.name
v=tf.Variable(1.,name=""); v.name
v=tf.Variable(1.,name=3); v.name
tf.Variable()
tf.Variable(None)
tf.Variable("a",dtype=tf.float32)
tf.Variable(1,shape=[1])
tf.Variable([1],shape=[2,2])
tf.Variable([1],shape="a")
tf.Variable(1,dtype="foo")
tf.nn.conv2d_transpose(tf.ones([1,2,2,1],tf.int64),tf.ones([2,2,1,1],tf.int64),[1,3,3,1],1,"VALID")
tf.nn.conv3d_transpose(tf.ones([1,2,2,2,1],tf.int32),tf.ones([2,2,2,1,1],tf.int32),[1,3,3,3,1],1,"VALID")
tf.nn.conv1d_transpose(tf.ones([1,2,1],tf.int32),tf.ones([2,1,1],tf.int32),[1,3,1],1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1],tf.int64),tf.ones([2,2,1,1],tf.int64),1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1],tf.uint8),tf.ones([2,2,1,1],tf.uint8),1,"VALID")
tf.nn.conv2d(tf.ones([1,2,2,1],tf.bool),tf.ones([2,2,1,1],tf.bool),1,"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,1],tf.bool),1,1,"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,2],tf.int32),[1,1,1,2],[1,1,1,2],"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,2]),[1,1,1,2],[1,1,1,1],"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,2]),[1,1,2,2],[1,1,1,2],"VALID")
tf.nn.max_pool2d(tf.ones([1,2,2,2]),[1,1,1,2],[1,1,2,2],"VALID")
""".splitlines()
    if line
]

# Where TensorFlow accesses memory out of bounds, overflows or crashes; and what it does not support.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "tf.saturate_cast(tf.constant([3e19, -3e19]), tf.int64)": (
        "TensorFlow gives the least int64 for values above the greatest",
        [9223371487098961920, -(2**63)],
    ),
    "tf.saturate_cast(tf.constant([2**62, -2**62], tf.int64), tf.float32)": (
        "TensorFlow gives -9.223372e+18 for values that float32 holds",
        [2.0**62, -(2.0**62)],
    ),
    "tf.size(tf.zeros([2**16, 2**16], tf.uint8))": (
        "TensorFlow counts 0 elements; where int32 does not hold the count, gradtape raises InvalidArgumentError",
        None,
    ),
    "tf.linalg.diag([1.0, 2.0], k=(0, 1))": ("TensorFlow stops the process", "InvalidArgumentError"),
    "tf.Variable([[1.0, 2.0, 3.0]]).scatter_add(tf.IndexedSlices([[1.0]], [0]))": (
        "TensorFlow reads memory beyond the updates",
        "InvalidArgumentError",
    ),
    "tf.Variable([1.0, 2.0, 3.0]).scatter_nd_add([0, 2], [5.0, 6.0])": (
        "TensorFlow drops the second update; gradtape takes a vector of indices as one position",
        "InvalidArgumentError",
    ),
    "tf.nn.conv2d(tf.ones([1, 2, 2, 1]), tf.ones([3, 3, 1, 1]), 1, 'VALID')": (
        "TensorFlow gives memory that nothing was written to",
        "InvalidArgumentError",
    ),
    "tf.gather_nd([[1.0, 2.0]], [[0, 1]], bad_indices_policy='ignore')": (
        "TensorFlow finds no kernel (NotFoundError)",
        "InvalidArgumentError",
    ),
    "tf.nn.max_pool2d(tf.ones([1, 4, 2, 2]), [1, 4, 1, 1], [1, 4, 1, 1], 'VALID', data_format='NCHW')": (
        "TensorFlow pools over channels only where they come last, and has no gradient of it",
        [[[[1.0, 1.0], [1.0, 1.0]]]],
    ),
    "tf.tensordot(tf.ones([2, 3]), tf.ones([3, 2]), [[-3], [0]])": (
        "TensorFlow raises NumPy's ValueError for axes below the first, IndexError for those behind the last",
        "IndexError",
    ),
    "1 / tf.stack([tf.constant(-0.0), tf.constant(0.0)])": (
        "TensorFlow takes 0.0 for the -0.0 that it made before",
        [-math.inf, math.inf],
    ),
    "tf.range(True)": ("TensorFlow raises an AssertionError without words", "InvalidArgumentError"),
}


def evaluated(tf: Any, program: str) -> Any:
    names = {"tf": tf, "np": np, "copy": copy}
    *statements, result = program.split("; ")
    exec("\n".join(statements), names)
    return eval(result, names)


def sentence(message: str) -> str:
    """The message without its surroundings."""
    message = re.sub(r"\{\{function_node [^}]*\}\} ", "", message)
    message = re.sub(r"\s*\n\t; NodeDef.*", "", message, flags=re.DOTALL)
    message = re.sub(r" \[Op:\w+\]( name: .*)?$", "", message)
    for remedy in ("Convert it first", "Make every element", "Give all rows", "Pass a dtype", "Pass dtype"):
        message = message.partition(remedy)[0]
    return message.strip().rstrip(".")


def function_of(program: str) -> str:
    return re.split(r"\W", program.removeprefix("tf."))[0]


@cases("program", PROGRAMS, group=function_of)
def test_outcome(program: str) -> None:
    actual = run(gradtape, lambda tf: evaluated(tf, program))
    expected = run(tensorflow, lambda tf: evaluated(tf, program))
    assert actual.exception == expected.exception, actual.message or actual.result
    assert sentence(actual.message) == sentence(expected.message)
    assert_equal(actual.result, expected.result, 0.0, 0.0)


@pytest.mark.parametrize("program", [key for key, (_, expected) in DELIBERATE.items() if expected is not None])
def test_difference(program: str) -> None:
    actual, expected = run(gradtape, lambda tf: evaluated(tf, program)), DELIBERATE[program][1]
    if isinstance(expected, str):
        assert actual.exception == expected
    else:
        np.testing.assert_array_equal(actual.result[2], expected)

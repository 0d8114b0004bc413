;; Small floats to float32, from a page at 64 KiB to two at 128 KiB; test/checkpoint/widen.test.ts holds it against widen.ts,
;; which carries it as text, and prints what that has to be.
(module
  (memory (export "memory") 4)
  (func (export "F16") (param $bytes i32)
    (local $p i32) (local $x v128)
    (loop $next
      (local.set $x (v128.load offset=65536 (local.get $p)))
      (call $half (i32.shl (local.get $p) (i32.const 1)) (i32x4.extend_low_i16x8_u (local.get $x)))
      (call $half (i32.add (i32.shl (local.get $p) (i32.const 1)) (i32.const 16)) (i32x4.extend_high_i16x8_u (local.get $x)))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $bytes)))))
  (func $half (param $to i32) (param $x v128)
    (local $magnitude v128)
    (local.set $magnitude (i32x4.shl (v128.and (local.get $x) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff)) (i32.const 13)))
    (v128.store offset=131072 (local.get $to)
      (v128.or
        (i32x4.shl (v128.and (local.get $x) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)) (i32.const 16))
        (v128.bitselect
          (v128.or (local.get $magnitude) (v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000))
          (f32x4.mul (local.get $magnitude) (v128.const i32x4 0x77800000 0x77800000 0x77800000 0x77800000))
          (i32x4.ge_s (local.get $magnitude) (v128.const i32x4 0x0f800000 0x0f800000 0x0f800000 0x0f800000))))))
  (func (export "BF16") (param $bytes i32)
    (local $p i32) (local $x v128)
    (loop $next
      (local.set $x (v128.load offset=65536 (local.get $p)))
      (v128.store offset=131072 (i32.shl (local.get $p) (i32.const 1)) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $x)) (i32.const 16)))
      (v128.store offset=131088 (i32.shl (local.get $p) (i32.const 1)) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $x)) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $bytes)))))
  (func (export "F8") (param $bytes i32)
    (local $p i32)
    (loop $next
      (i32.store offset=131072 (i32.shl (local.get $p) (i32.const 2))
        (i32.load (i32.shl (i32.load8_u offset=65536 (local.get $p)) (i32.const 2))))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (local.get $bytes))))))

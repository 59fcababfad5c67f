"""Tests of the recipe, at tiny sizes and with random teachers: python3 -m unittest"""

import contextlib
import io
import re
import tempfile
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

import export
import measure
import pictures
import tiny_run
import train
from files import Arrays, read_arrays, write_arrays
from networks import (
    LAYERS,
    OFFERED,
    TAUGHT_BY_VGG19,
    WIDTHS,
    Compact,
    PrunedVgg19,
    Student,
    Teachers,
    Vgg19,
    new_heads,
)
from pool import Pool
from style import moments, style_distance

CPU = torch.device("cpu")


def quietly(command: Callable[[Sequence[str]], int], *words: object) -> tuple[int, str, str]:
    """A command's exit status, and what it wrote to stdout and to stderr."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            status = command([str(word) for word in words])
        except SystemExit as end:  # how argparse refuses its words
            status = int(end.code or 0)
    return status, stdout.getvalue(), stderr.getvalue()


class SeededTest(unittest.TestCase):
    """Tests that meet the same chance every time."""

    def setUp(self) -> None:
        torch.manual_seed(1)


class InFolderOfTinyRun(SeededTest):
    """Tests on what one tiny run has left in a folder."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        with contextlib.redirect_stdout(io.StringIO()):
            tiny_run.run(cls.folder)

    def read(self, name: str) -> Arrays:
        return read_arrays(self.folder / name, name)


class TestRun(InFolderOfTinyRun):
    def test_leaves_no_unfinished_file(self) -> None:
        self.assertEqual(
            sorted(path.name for path in self.folder.iterdir()),
            ["checkpoint.safetensors", "features.safetensors", "pictures", "pruned.safetensors"]
            + ["tiny-half.safetensors", "tiny.safetensors", "vgg19.safetensors"],
        )

    def test_exports_the_arrays_of_compact(self) -> None:
        expected: dict[str, list[int]] = {}
        channels = 3
        for layer in "1_1 1_2 2_1 2_2 3_1 3_2 3_3 3_4 4_1 4_2 4_3 4_4 5_1".split():
            width = {"1": 16, "2": 32, "3": 64, "4": 128, "5": 128}[layer[0]]
            expected[f"conv{layer}/kernel"] = [3, 3, channels, width]
            expected[f"conv{layer}/bias"] = [width]
            if layer not in ("3_3", "4_3"):
                expected[f"relu{layer}/readout"] = [width, width]
            channels = width
        for name in ("tiny.safetensors", "tiny-half.safetensors"):
            self.assertEqual({array: list(value.shape) for array, value in self.read(name).items()}, expected)

    def test_exports_the_same_in_halves(self) -> None:
        single, half = self.read("tiny.safetensors"), self.read("tiny-half.safetensors")
        for name, array in single.items():
            # Eleven significant bits, or below the smallest normal number steps of 2^-24.
            torch.testing.assert_close(half[name], array, rtol=2**-11, atol=2**-25)

    def test_readouts_keep_the_distances_of_the_heads(self) -> None:
        checkpoint, exported = self.read("checkpoint.safetensors"), self.read("tiny.safetensors")
        student = export.student_in(checkpoint)
        with torch.no_grad():
            seen = student.features(torch.rand(2, 3, 48, 48))
        for layer in OFFERED:
            a, b = seen[layer].permute(0, 2, 3, 1).flatten(1, 2)
            by_head = ((a - b) @ checkpoint[f"heads.{layer}.weight"][:, :, 0, 0].T).norm(dim=1)
            by_readout = ((a - b) @ exported[f"relu{layer}/readout"]).norm(dim=1)
            factor = by_readout.sum() / by_head.sum()
            self.assertGreater(by_head.min().item(), 0)
            torch.testing.assert_close(by_readout, by_head * factor, rtol=1e-3, atol=0)

    def test_the_exported_network_is_the_student(self) -> None:
        student = export.student_in(self.read("checkpoint.safetensors"))
        arrays = self.read("tiny.safetensors")
        for layer in OFFERED:
            arrays[f"relu{layer}/readout"] = torch.eye(WIDTHS[layer[0]])
        picture = torch.rand(1, 3, 37, 33)
        with torch.no_grad():
            seen, expected = Compact(arrays, "the export").features(picture), student.features(picture)
        for layer in OFFERED:
            torch.testing.assert_close(seen[layer], expected[layer])

    def test_scale_of_gives_each_layer_the_energy_of_a_file(self) -> None:
        model = self.read("tiny.safetensors")
        doubled = {name: array * 2 if name.endswith("/readout") else array for name, array in model.items()}
        write_arrays(doubled, self.folder / "model.safetensors")
        self.addCleanup((self.folder / "model.safetensors").unlink)
        with tempfile.TemporaryDirectory() as out:
            status, _, _ = quietly(
                export.main,
                *(self.folder / "checkpoint.safetensors", Path(out) / "scaled"),
                *("--scale-of", self.folder / "model.safetensors", "--pictures", self.folder / "pictures"),
            )
            self.assertEqual(status, 0)
            scaled = read_arrays(Path(out) / "scaled.safetensors", "the export")
        for name, array in doubled.items():
            torch.testing.assert_close(scaled[name], array, rtol=1e-4, atol=1e-5 * array.abs().max().item())

    def test_goes_on_from_a_checkpoint_and_from_a_file_of_compact(self) -> None:
        for begin_with in ("checkpoint.safetensors", "tiny-half.safetensors"):
            with self.subTest(begin_with), tempfile.TemporaryDirectory() as out:
                status, _, _ = quietly(
                    train.main,
                    *(self.folder / "pictures", Path(out) / "next.safetensors"),
                    *("--pruned", self.folder / "pruned.safetensors", "--init", self.folder / begin_with),
                    *"--steps 1 --batch 2 --crop 32 --device cpu --learning-rate 1e-9".split(),
                )
                self.assertEqual(status, 0)
                found = read_arrays(Path(out) / "next.safetensors", "the checkpoint")
            expected = self.read("checkpoint.safetensors")
            for name in (name for name in expected if name.startswith("student.")):
                torch.testing.assert_close(found[name], expected[name], rtol=2e-3, atol=1e-5)
            # Without VGG-19 the pruned network teaches its layers too: they have its widths.
            self.assertEqual(found["heads.3_1.weight"].shape, (9, 64, 1, 1))
            self.assertEqual(expected["heads.3_1.weight"].shape, (10, 64, 1, 1))

    def check_by(self, exported: str, sign: float) -> Path:
        """A check file whose gradients are those through an exported file, turned round where `sign` is −1."""
        arrays = {name: array.double() for name, array in self.read(exported).items()}
        network = Compact(arrays, "the export")
        check: Arrays = {}
        for i in (0, 1, 4, 5):
            for part in ("picture", "style", "content"):
                check[f"{i}/{part}"] = torch.randint(0, 256, (64, 64, 3), dtype=torch.uint8)
            picture, style, content = (
                measure.picture_in(check, f"{i}/{part}") for part in ("picture", "style", "content")
            )
            for layer in measure.MEASURED:
                gradient = measure.gradient_of(network, layer, picture, content if layer == "4_2" else style)
                check[f"{i}/gradient/{layer}"] = (sign * gradient / gradient.norm())[0].permute(1, 2, 0).half()
        path = self.folder / "check.safetensors"
        write_arrays(check, path)
        self.addCleanup(path.unlink)
        return path

    def test_measures_a_network_that_agrees_with_its_teachers(self) -> None:
        check = self.check_by("tiny-half.safetensors", 1)
        status, stdout, stderr = quietly(measure.main, self.folder / "tiny-half.safetensors", check, "--each")
        self.assertEqual((status, stderr), (0, ""))
        rows = [line for line in stdout.splitlines() if line.startswith("| photographs")]
        self.assertEqual(rows[-1], "| photographs | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 |")
        self.assertEqual(len(rows), 3)

    def test_measures_a_network_that_does_not(self) -> None:
        check = self.check_by("tiny.safetensors", -1)
        status, stdout, stderr = quietly(measure.main, self.folder / "tiny.safetensors", check)
        self.assertEqual(status, 1)
        self.assertIn("| mid-painting | -1.00 | -1.00 | -1.00 | -1.00 | -1.00 | -1.00 |", stdout)
        self.assertEqual(len(stderr.splitlines()), 12)
        self.assertIn("Expected a cosine of at least 0.80 at relu3_1 (photographs), got -1.0000.", stderr)


class TestRefusals(InFolderOfTinyRun):
    def refused(self, sentence: str, command: Callable[[Sequence[str]], int], *words: object) -> None:
        status, stdout, stderr = quietly(command, *words)
        self.assertEqual((status, stdout), (2, ""))
        self.assertIn(sentence, stderr)
        self.assertNotIn("Traceback", stderr)

    def refuses_to_train(self, sentence: str, **changed: object) -> None:
        given: dict[str, object] = {
            "pictures": self.folder / "pictures",
            "checkpoint": self.folder / "refused.safetensors",
            "pruned": self.folder / "pruned.safetensors",
            "vgg19": self.folder / "vgg19.safetensors",
            "init": "none",
            "steps": 1,
            "device": "cpu",
        }
        given |= changed
        options = (
            word for name in ("pruned", "vgg19", "init", "steps", "device") for word in (f"--{name}", given[name])
        )
        self.refused(sentence, train.main, given["pictures"], given["checkpoint"], *options)

    def test_train_refuses(self) -> None:
        absent, here = self.folder / "absent", self.folder
        empty, damaged = here / "empty", here / "damaged.safetensors"
        empty.mkdir()
        damaged.write_bytes(b"no weights")
        self.addCleanup(empty.rmdir)
        self.addCleanup(damaged.unlink)
        self.refuses_to_train(f"train.py: Expected a folder of pictures in {absent}, found none.\n", pictures=absent)
        self.refuses_to_train(
            f"Expected pictures (.jpg, .jpeg, .png, .webp) of at least 150×150 pixels in {empty}, found none.\n",
            pictures=empty,
        )
        self.refuses_to_train(f"Expected the weights of VGG-19 in {absent}, found no such file.\n", vgg19=absent)
        self.refuses_to_train(
            f"Expected the weights of the pruned VGG-19 in {absent}, found no such file.\n", pruned=absent
        )
        self.refuses_to_train(f"Expected the network to begin with in {absent}, found no such file.\n", init=absent)
        self.refuses_to_train(
            f"Expected the weights of VGG-19 as safetensors or .pth in {damaged}, got another or a damaged file.\n",
            vgg19=damaged,
        )
        self.refuses_to_train(
            "Expected the weights of VGG-19 to hold the array conv1_1/kernel, got 28 arrays without it.\n",
            vgg19=here / "pruned.safetensors",
        )
        self.refuses_to_train(
            f"Expected the folder {absent} to write x.safetensors into, found none: make it first.\n",
            checkpoint=absent / "x.safetensors",
        )
        self.refuses_to_train('argument --steps: Expected a whole number from 1 on, got "0".', steps=0)

    def test_train_refuses_arrays_of_other_shapes(self) -> None:
        bent = self.folder / "bent.safetensors"
        self.addCleanup(bent.unlink)
        weights = self.read("vgg19.safetensors")
        write_arrays({**weights, "block2_conv1/bias": torch.zeros(3)}, bent)
        self.refuses_to_train(
            "Expected the weights of VGG-19 to hold a convolution in block2_conv1/kernel and block2_conv1/bias, "
            "got arrays of the shapes [3, 3, 6, 8] and [3].\n",
            vgg19=bent,
        )
        write_arrays({**self.read("tiny.safetensors"), "conv1_2/kernel": torch.zeros(3, 3, 8, 16)}, bent)
        self.refuses_to_train(
            "Expected the network to begin with to lead from 16 channels to 16 at conv1_2, got 8 to 16.\n", init=bent
        )

    def test_train_refuses_a_damaged_picture(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "cat.jpg").write_bytes(b"no picture")
            self.refuses_to_train(
                f"Expected a picture in {folder}/cat.jpg, got a damaged file: remove it.\n", pictures=folder
            )

    def test_export_refuses(self) -> None:
        absent, checkpoint = self.folder / "absent", self.folder / "checkpoint.safetensors"
        self.refused(
            f"Expected a checkpoint of train.py in {absent}, found no", export.main, absent, self.folder / "x"
        )
        self.refused(
            "Expected --scale-of and --pictures together, got one without the other.",
            *(export.main, checkpoint, self.folder / "x", "--scale-of", self.folder / "tiny.safetensors"),
        )
        self.refused(
            "Expected the file of --scale-of to hold the array conv1_1/kernel, got ",
            *(export.main, checkpoint, self.folder / "x", "--scale-of", self.folder / "pruned.safetensors"),
            *("--pictures", self.folder / "pictures"),
        )

    def test_measure_refuses(self) -> None:
        tiny, absent = self.folder / "tiny.safetensors", self.folder / "absent"
        self.refused(f"Expected a file of compact in {absent}, found no such file.", measure.main, absent, tiny)
        self.refused("Expected the check file to hold the array 0/picture, got 37 ", measure.main, tiny, tiny)


class TestTeachers(SeededTest):
    def test_vgg19_wants_bgr_less_the_mean(self) -> None:
        arrays = tiny_run.random_vgg19()
        arrays["block1_conv1/kernel"] = torch.zeros(3, 3, 3, 6)
        for channel in range(3):
            arrays["block1_conv1/kernel"][1, 1, channel, channel] = 1
            arrays["block1_conv1/kernel"][1, 1, channel, 3 + channel] = -1
        # Red: blue and green are 0 − 103.939 and 0 − 116.779, red is 255 − 123.68.
        red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
        features = Vgg19(arrays, CPU).features(red, "1_1")["1_1"]
        torch.testing.assert_close(features[0, :, 2, 2], torch.tensor([0, 0, 131.32, 103.939, 116.779, 0]))

    def test_vgg19_goes_by_either_name_and_by_halves(self) -> None:
        keras = tiny_run.random_vgg19()
        own = {name.replace("block", "conv").replace("_conv", "_"): array for name, array in keras.items()}
        self.assertIn("conv3_2/kernel", own)
        with tempfile.TemporaryDirectory() as folder:
            write_arrays({name: array.half() for name, array in own.items()}, Path(folder) / "half.safetensors")
            halves = read_arrays(Path(folder) / "half.safetensors", "the halves")
        picture = torch.rand(1, 3, 16, 16)
        by_keras, by_own, by_halves = (Vgg19(arrays, CPU).features(picture, "3_2") for arrays in (keras, own, halves))
        self.assertEqual(tuple(by_keras), TAUGHT_BY_VGG19)
        for layer in TAUGHT_BY_VGG19:
            torch.testing.assert_close(by_own[layer], by_keras[layer], rtol=0, atol=0)
            torch.testing.assert_close(by_halves[layer], by_keras[layer], rtol=0.02, atol=0.5)

    def test_pruned_vgg19_is_read_as_it_is_published(self) -> None:
        arrays = tiny_run.random_pruned_vgg19()
        state = {}
        for name, array in arrays.items():
            layer, part = name.split(".")
            state[f"{layer.replace('_', '')}.{'weight' if part == 'kernel' else 'bias'}"] = (
                array.permute(3, 2, 0, 1) if part == "kernel" else array
            )
        state["conv11_aux.weight"] = torch.zeros(64, 3, 1, 1)
        self.assertEqual(state["conv51.weight"].shape, (15, 12, 3, 3))
        picture = torch.rand(1, 3, 32, 32)
        expected = PrunedVgg19(arrays, CPU).features(picture)
        self.assertEqual(tuple(expected), LAYERS)
        for saved, as_zip in ((state, True), (state, False), ({"model": state}, True)):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "5SE.pth"
                torch.save(saved, path, _use_new_zipfile_serialization=as_zip)
                features = PrunedVgg19(read_arrays(path, "the state"), CPU).features(picture)
            for layer in LAYERS:
                torch.testing.assert_close(features[layer], expected[layer])


class TestPool(SeededTest):
    def test_paints_some_pictures_and_renews_the_old(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tiny_run.write_pictures(Path(folder) / "pictures")
            pool = Pool(pictures.Crops(Path(folder) / "pictures", 32), 6, CPU)
        student = Student()
        student.normalise(pool.pictures)
        teachers = Teachers(PrunedVgg19(tiny_run.random_pruned_vgg19(), CPU), None)
        for age, expected in ((40, [41] * 3), (80, [0] * 3)):
            pool.ages[:] = age
            before, contents = pool.pictures.clone(), pool.contents.clone()
            pool.paint(student, new_heads(teachers), 3)
            changed = (pool.pictures != before).flatten(1).any(1)
            self.assertEqual(changed.sum().item(), 3)
            renewed = (pool.contents != contents).flatten(1).any(1)
            self.assertEqual(renewed.sum().item(), 3 if age == 80 else 0)
            ages = pool.ages[changed].tolist()
            self.assertEqual([a if a == age + 1 else 0 for a in ages], expected)
            self.assertLessEqual(max(ages), 41)
            self.assertGreaterEqual(pool.pictures.min().item(), 0)
            self.assertLessEqual(pool.pictures.max().item(), 1)


class TestFormulas(SeededTest):
    def test_style_distance(self) -> None:
        # One channel at two positions: means 3 and 2, variances 1 and 4.
        found, wanted = torch.tensor([[[[2.0, 4.0]]]]), torch.tensor([[[[0.0, 4.0]]]])
        self.assertAlmostEqual(style_distance(found, moments(wanted)).item(), 1 / 4 + 9 / 16)

    def test_schedule(self) -> None:
        self.assertAlmostEqual(train.schedule(100, 0), 0.5)
        self.assertAlmostEqual(train.schedule(200, 0), 1)
        self.assertAlmostEqual(train.schedule(500, 0.5), 0.51)
        self.assertAlmostEqual(train.schedule(900, 1), 0.02)

    def test_leak(self) -> None:
        self.assertEqual([train.leak(done) for done in (0, 0.2, 0.4, 1)], [0.2, 0.1, 0, 0])

    def test_share_done_is_of_the_nearer_bound(self) -> None:
        options = train.parsed(["pictures", "out", "--pruned", "p", "--steps", "10", "--minutes", "2"])
        self.assertEqual(train.share_done(options, 5, 30), 0.5)
        self.assertEqual(train.share_done(options, 5, 90), 0.75)

    def test_steps_are_3600_unless_another_bound_is_given(self) -> None:
        words = ["pictures", "out", "--pruned", "p"]
        self.assertEqual(train.parsed(words).steps, 3600)
        self.assertIsNone(train.parsed([*words, "--minutes", "2"]).steps)

    def test_gram_matrix(self) -> None:
        # Two channels that never fire together: 1 and 3 at two of four positions each.
        features = torch.tensor([[[[1.0, 1], [0, 0]], [[0, 0], [3, 3]]]])
        self.assertEqual(measure.gram_matrix(features).tolist(), [[0.5, 0], [0, 4.5]])

    def test_a_crop_of_one_colour_has_that_colour(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            pixels = torch.tensor([51, 102, 204], dtype=torch.uint8).expand(150, 200, 3)
            pictures.Image.fromarray(pixels.numpy()).save(Path(folder) / "colour.png")
            crop = pictures.Crops(Path(folder), 32).scaled_square(pixels.numpy())
        torch.testing.assert_close(crop, torch.tensor([0.2, 0.4, 0.8]).view(3, 1, 1).expand(3, 32, 32))

    def test_readme_has_the_least_figures(self) -> None:
        readme = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
        rows = [re.sub(" +", " ", line) for line in readme.splitlines()]
        for kind, figures in measure.LEAST.items():
            self.assertIn(f"| {kind} | {' | '.join(f'{figure:.2f}' for figure in figures)} |", rows)


if __name__ == "__main__":
    unittest.main()

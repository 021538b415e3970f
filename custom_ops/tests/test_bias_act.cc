/* bias_act against the formulas, in every order, kind and shape. */
#include "activation_reference.h"
#include "check.h"

using namespace test;

namespace {

struct Case {
  int kind;
  float clamp;
  int64_t rows, channels;
  bool biased, in_place;
};

std::string describe(const Case& c, int order) {
  return "bias_act order " + std::to_string(order) + " kind " + std::to_string(c.kind) + " " + std::to_string(c.rows) + "x" +
         std::to_string(c.channels);
}

void run_case(const Case& c, Random& random) {
  const int64_t count = c.rows * c.channels;
  const Floats x = random.numbers(count), b = random.numbers(c.channels), dy = random.numbers(count);
  const Floats dd = random.numbers(count), gb = random.numbers(c.channels);
  tfsg_bias_act_args a{};
  a.act = {c.kind, 0.2f, 1.4f, c.clamp};
  a.rows = c.rows;
  a.channels = c.channels;
  a.b = c.biased ? b.data() : nullptr;
  Floats output;
  for (int order = 0; order < 3; ++order) {
    for (const bool by_output : {false, true}) {
      if (by_output && (order != 1 || c.kind > TFSG_LRELU)) continue;
      a.order = order;
      a.x = by_output ? nullptr : x.data();
      a.y_ref = by_output ? output.data() : nullptr;
      a.dy = order > 0 ? dy.data() : nullptr;
      a.dd = order == 2 ? dd.data() : nullptr;
      a.gb = order == 1 && c.biased ? gb.data() : nullptr;
      Floats y = c.in_place ? (order == 0 ? x : dy) : poisoned(count), dyb = poisoned(c.channels);
      if (c.in_place) (order == 0 ? a.x : a.dy) = y.data();
      a.y = y.data();
      a.dyb = order > 0 ? dyb.data() : nullptr;
      CHECK_OK(tfsg_cpu_bias_act(&a), describe(c, order));

      Doubles wanted, sums(static_cast<size_t>(c.channels), 0.0);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t channel = i % c.channels;
        const Derivatives at = activated(a.act, static_cast<double>(x[i]) + (c.biased ? b[channel] : 0));
        const double gradient = dy[i] + (a.gb != nullptr ? gb[channel] : 0.0);
        wanted.push_back(order == 0 ? at.value : order == 1 ? gradient * at.first : static_cast<double>(dd[i]) * dy[i] * at.second);
        sums[channel] += wanted.back();
      }
      CHECK_NEAR(y, wanted, 5e-6, describe(c, order)); /* some units in the last place of exp */
      if (order > 0) CHECK_NEAR(dyb, sums, 1e-5, describe(c, order) + " sums");
      if (order == 0) output = y;
    }
  }
}

/* Infinities and NaN go where arithmetic sends them. */
void extremes() {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Floats x{-infinity, -1e30f, -200, -0.0f, 0, 200, 1e30f, infinity, nan};
  for (int kind = 0; kind < TFSG_ACTIVATIONS; ++kind) {
    Floats y = poisoned(static_cast<int64_t>(x.size()));
    tfsg_bias_act_args a{};
    a.act = {kind, 0.2f, 1, -1};
    a.rows = static_cast<int64_t>(x.size());
    a.channels = 1;
    a.x = x.data();
    a.y = y.data();
    CHECK_OK(tfsg_cpu_bias_act(&a), "extremes");
    const std::string what = "extremes of kind " + std::to_string(kind);
    CHECK(std::isnan(y.back()), what);
    for (size_t i = 1; i + 2 < x.size(); ++i) {
      const double wanted = x[i] > 80 && kind == TFSG_SOFTPLUS ? x[i] : activation(kind, x[i], 0.2f).value;
      CHECK(std::fabs(y[i] - wanted) <= 1e-6 * std::fabs(wanted) + 1e-30, what);
    }
  }
}

}  // namespace

int main() {
  for_instruction_sets([] {
    Random random(1);
    for (int kind = 0; kind < TFSG_ACTIVATIONS; ++kind)
      for (const float clamp : {-1.0f, 0.5f})
        for (const int64_t channels : {1, 3, 16, 17, 33}) {
          run_case({kind, clamp, 37, channels, true, false}, random);
          run_case({kind, clamp, 1, channels, false, true}, random);
        }
    run_case({TFSG_LRELU, 0.5f, 2500, 33, true, true}, random); /* in several parts */
    run_case({TFSG_SWISH, -1, 70000, 1, true, false}, random);
    run_case({TFSG_TANH, -1, 3, 1031, true, false}, random);
    run_case({TFSG_SWISH, -1, 0, 17, true, false}, random);
    run_case({TFSG_LRELU, -1, 5, 0, true, false}, random);
    extremes();
  });
  return finish("bias_act");
}

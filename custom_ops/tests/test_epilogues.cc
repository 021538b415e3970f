/* The style and normalisation epilogues with their derivatives against the formulas. */
#include "activation_reference.h"
#include "check.h"

using namespace test;

namespace {

struct Case {
  int64_t batch, pixels, channels, noise_batch, strength_channels; /* the last two 0 for no noise */
  bool styled, biased;
  int kind;
  float clamp;
};

std::string describe(const char* op, const Case& c) {
  return std::string(op) + " " + std::to_string(c.batch) + "x" + std::to_string(c.pixels) + "x" + std::to_string(c.channels) +
         " noise " + std::to_string(c.noise_batch) + ", " + std::to_string(c.strength_channels) + " kind " + std::to_string(c.kind);
}

/* Inputs of a case, and where each element of them is. */
struct Inputs {
  const Case& c;
  Floats x, d, noise, strength, b, dy;

  Inputs(const Case& c, Random& random) : c(c) {
    x = random.numbers(count());
    d = random.numbers(c.batch * c.channels);
    noise = random.numbers(c.noise_batch * c.pixels);
    strength = random.numbers(c.strength_channels);
    b = random.numbers(c.channels);
    dy = random.numbers(count());
  }
  int64_t count() const { return c.batch * c.pixels * c.channels; }
  bool noisy() const { return c.noise_batch > 0; }
  int64_t style_at(int64_t i) const { return i / (c.pixels * c.channels) * c.channels + i % c.channels; }
  int64_t noise_at(int64_t i) const {
    const int64_t pixel = i / c.channels;
    return c.noise_batch == 1 ? pixel % c.pixels : pixel;
  }
  int64_t strength_at(int64_t i) const { return c.strength_channels == 1 ? 0 : i % c.channels; }

  template <typename Args>
  Args arguments() const {
    Args a{};
    a.act = {c.kind, 0.2f, 1.4f, c.clamp};
    a.batch = c.batch;
    a.pixels = c.pixels;
    a.channels = c.channels;
    a.noise_batch = c.noise_batch;
    a.strength_channels = c.strength_channels;
    a.noise = noisy() ? noise.data() : nullptr;
    a.strength = noisy() ? strength.data() : nullptr;
    return a;
  }
  double before(int64_t i) const {
    return x[i] * (c.styled ? static_cast<double>(d[style_at(i)]) : 1.0) + (c.biased ? b[i % c.channels] : 0.0f) +
           (noisy() ? static_cast<double>(noise[noise_at(i)]) * strength[strength_at(i)] : 0.0);
  }
};

/* Sums of a gradient by what they are for. */
struct Sums {
  Doubles d, noise, strength, b;
  explicit Sums(const Inputs& in)
      : d(in.d.size(), 0.0), noise(in.noise.size(), 0.0), strength(in.strength.size(), 0.0), b(in.b.size(), 0.0) {}
};

void style_case(const Case& c, Random& random) {
  const Inputs in(c, random);
  const int64_t count = in.count();
  auto forward = in.arguments<tfsg_style_epilogue_args>();
  Floats y = poisoned(count), in_place = in.x;
  forward.x = in.x.data();
  forward.d = c.styled ? in.d.data() : nullptr;
  forward.b = c.biased ? in.b.data() : nullptr;
  forward.y = y.data();
  CHECK_OK(tfsg_cpu_style_epilogue(&forward), describe("style_epilogue", c));
  forward.x = forward.y = in_place.data();
  CHECK_OK(tfsg_cpu_style_epilogue(&forward), describe("style_epilogue", c));
  Doubles wanted, m, g;
  for (int64_t i = 0; i < count; ++i) {
    const Derivatives at = activated(forward.act, in.before(i));
    wanted.push_back(at.value);
    /* By the output, as the op does it: what rounding turns about does not count. */
    m.push_back(c.clamp >= 0 && std::fabs(y[i]) >= c.clamp ? 0 : y[i] > 0 ? forward.act.gain : activated(forward.act, -1e-3).first);
    g.push_back(in.dy[i] * m.back());
  }
  CHECK_NEAR(y, wanted, 2e-6, describe("style_epilogue", c));
  CHECK_NEAR(in_place, wanted, 2e-6, describe("style_epilogue in place", c));

  auto grad = in.arguments<tfsg_style_epilogue_grad_args>();
  Floats dx = in.dy, dd = poisoned(c.batch * c.channels), dnoise = poisoned(c.noise_batch * c.pixels);
  Floats dstrength = poisoned(c.strength_channels), db = poisoned(c.channels);
  grad.dy = grad.dx = dx.data(); /* in place */
  grad.y = y.data();
  grad.x = c.styled ? in.x.data() : nullptr;
  grad.d = c.styled ? in.d.data() : nullptr;
  grad.dd = c.styled ? dd.data() : nullptr;
  grad.dnoise = in.noisy() ? dnoise.data() : nullptr;
  grad.dstrength = in.noisy() ? dstrength.data() : nullptr;
  grad.db = db.data();
  CHECK_OK(tfsg_cpu_style_epilogue_grad(&grad), describe("style_epilogue_grad", c));
  Doubles first;
  Sums sums(in);
  for (int64_t i = 0; i < count; ++i) {
    first.push_back(g[i] * (c.styled ? in.d[in.style_at(i)] : 1.0));
    if (c.styled) sums.d[in.style_at(i)] += g[i] * in.x[i];
    sums.b[i % c.channels] += g[i];
    if (!in.noisy()) continue;
    sums.noise[in.noise_at(i)] += g[i] * in.strength[in.strength_at(i)];
    sums.strength[in.strength_at(i)] += g[i] * in.noise[in.noise_at(i)];
  }
  CHECK_NEAR(dx, first, 2e-6, describe("style dx", c));
  CHECK_NEAR(db, sums.b, 1e-5, describe("style db", c));
  if (c.styled) CHECK_NEAR(dd, sums.d, 1e-5, describe("style dd", c));
  CHECK_NEAR(dnoise, sums.noise, 1e-5, describe("style dnoise", c));
  CHECK_NEAR(dstrength, sums.strength, 2e-5, describe("style dstrength", c));

  for (const double present : {1.0, 0.5}) { /* each cotangent may be missing */
    auto second = in.arguments<tfsg_style_epilogue_grad_grad_args>();
    const Floats gdx = random.numbers(count), gdd = random.numbers(c.batch * c.channels), gdb = random.numbers(c.channels);
    const Floats gdnoise = random.numbers(c.noise_batch * c.pixels), gdstrength = random.numbers(c.strength_channels);
    const auto maybe = [&](const Floats& values, bool possible) {
      return possible && random.chance(present) ? values.data() : nullptr;
    };
    Floats ddy = poisoned(count), gx = poisoned(count), gd = dd, gnoise = dnoise, gstrength = dstrength;
    const float* given_gdx = maybe(gdx, true);
    const float* given_gdd = maybe(gdd, c.styled);
    const float* given_gdnoise = maybe(gdnoise, in.noisy());
    const float* given_gdstrength = maybe(gdstrength, in.noisy());
    const float* given_gdb = maybe(gdb, true);
    second.gdx = given_gdx;
    second.gdd = given_gdd;
    second.gdnoise = given_gdnoise;
    second.gdstrength = given_gdstrength;
    second.gdb = given_gdb;
    second.dy = in.dy.data();
    second.y = y.data();
    second.x = grad.x;
    second.d = grad.d;
    second.ddy = ddy.data();
    second.gx = c.styled ? gx.data() : nullptr;
    second.gd = c.styled ? gd.data() : nullptr;
    second.gnoise = in.noisy() ? gnoise.data() : nullptr;
    second.gstrength = in.noisy() ? gstrength.data() : nullptr;
    CHECK_OK(tfsg_cpu_style_epilogue_grad_grad(&second), describe("style_epilogue_grad_grad", c));
    Doubles wanted_ddy, wanted_gx;
    Sums totals(in);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t style = in.style_at(i);
      const double cotangent = given_gdx != nullptr ? gdx[i] : 0, to_d = given_gdd != nullptr ? gdd[style] : 0;
      double tangent = cotangent * (c.styled ? in.d[style] : 1.0) + (given_gdb != nullptr ? gdb[i % c.channels] : 0);
      if (c.styled) tangent += to_d * in.x[i];
      if (in.noisy()) {
        const double by_noise = given_gdnoise != nullptr ? gdnoise[in.noise_at(i)] : 0;
        const double by_strength = given_gdstrength != nullptr ? gdstrength[in.strength_at(i)] : 0;
        tangent += by_noise * in.strength[in.strength_at(i)] + by_strength * in.noise[in.noise_at(i)];
        totals.noise[in.noise_at(i)] += by_strength * g[i];
        totals.strength[in.strength_at(i)] += by_noise * g[i];
      }
      wanted_ddy.push_back(m[i] * tangent);
      wanted_gx.push_back(to_d * g[i]);
      if (c.styled) totals.d[style] += cotangent * g[i];
    }
    CHECK_NEAR(ddy, wanted_ddy, 5e-6, describe("style ddy", c));
    if (c.styled) CHECK_NEAR(gx, wanted_gx, 2e-6, describe("style gx", c));
    if (c.styled) CHECK_NEAR(gd, totals.d, 1e-5, describe("style gd", c));
    CHECK_NEAR(gnoise, totals.noise, 1e-5, describe("style gnoise", c));
    CHECK_NEAR(gstrength, totals.strength, 2e-5, describe("style gstrength", c));
  }
}

void norm_case(const Case& c, Random& random) {
  const Inputs in(c, random);
  const int64_t count = in.count(), rows = c.batch * c.channels;
  const Floats &scale = in.d, shift = random.numbers(rows);
  auto forward = in.arguments<tfsg_norm_epilogue_args>();
  Floats y = in.x, mean = poisoned(rows), rstd = poisoned(rows);
  forward.epsilon = 1e-2f; /* what clipping makes constant would show nothing but rounding with less */
  forward.x = forward.y = y.data();
  forward.b = c.biased ? in.b.data() : nullptr;
  forward.scale = c.styled ? scale.data() : nullptr;
  forward.shift = c.styled ? shift.data() : nullptr;
  forward.mean = mean.data();
  forward.rstd = rstd.data();
  CHECK_OK(tfsg_cpu_norm_epilogue(&forward), describe("norm_epilogue", c));
  Case plain = c;
  plain.styled = false;
  Inputs unstyled(plain, random);
  unstyled.x = in.x, unstyled.noise = in.noise, unstyled.strength = in.strength, unstyled.b = in.b;
  std::vector<Derivatives> t;
  Doubles means(rows, 0.0), squares(rows, 0.0), wanted, normal;
  for (int64_t i = 0; i < count; ++i) {
    t.push_back(activated(forward.act, unstyled.before(i)));
    means[in.style_at(i)] += t.back().value / c.pixels;
  }
  for (int64_t i = 0; i < count; ++i) squares[in.style_at(i)] += std::pow(t[i].value - means[in.style_at(i)], 2) / c.pixels;
  Doubles inverse;
  for (const double square : squares) inverse.push_back(1 / std::sqrt(square + 1e-2f));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = in.style_at(i);
    normal.push_back((t[i].value - means[at]) * inverse[at]);
    wanted.push_back(normal.back() * (c.styled ? scale[at] : 1.0) + (c.styled ? shift[at] : 0.0));
  }
  CHECK_NEAR(y, wanted, 2e-5, describe("norm_epilogue", c));
  if (c.pixels > 0) {
    CHECK_NEAR(mean, means, 5e-6, describe("norm mean", c));
    CHECK_NEAR(rstd, inverse, 2e-5, describe("norm rstd", c));
  }

  auto grad = in.arguments<tfsg_norm_epilogue_grad_args>();
  Floats dx = in.dy, dnoise = poisoned(c.noise_batch * c.pixels), dstrength = poisoned(c.strength_channels);
  Floats db = poisoned(c.channels), dscale = poisoned(rows), dshift = poisoned(rows);
  grad.epsilon = forward.epsilon;
  grad.dy = grad.dx = dx.data();
  grad.x = in.x.data();
  grad.b = forward.b;
  grad.scale = forward.scale;
  grad.mean = mean.data();
  grad.rstd = rstd.data();
  grad.dnoise = in.noisy() ? dnoise.data() : nullptr;
  grad.dstrength = in.noisy() ? dstrength.data() : nullptr;
  grad.db = db.data();
  grad.dscale = dscale.data();
  grad.dshift = dshift.data();
  CHECK_OK(tfsg_cpu_norm_epilogue_grad(&grad), describe("norm_epilogue_grad", c));
  Doubles scales(rows, 0.0), shifts(rows, 0.0), first;
  for (int64_t i = 0; i < count; ++i) {
    shifts[in.style_at(i)] += in.dy[i];
    scales[in.style_at(i)] += in.dy[i] * normal[i];
  }
  Sums sums(in);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = in.style_at(i);
    const double rest = in.dy[i] - (shifts[at] + normal[i] * scales[at]) / c.pixels;
    const double g = (c.styled ? scale[at] : 1.0) * inverse[at] * rest * t[i].first;
    first.push_back(g);
    sums.b[i % c.channels] += g;
    if (!in.noisy()) continue;
    sums.noise[in.noise_at(i)] += g * in.strength[in.strength_at(i)];
    sums.strength[in.strength_at(i)] += g * in.noise[in.noise_at(i)];
  }
  CHECK_NEAR(dshift, shifts, 1e-5, describe("norm dshift", c));
  if (c.pixels > 1) CHECK_NEAR(dscale, scales, 2e-5, describe("norm dscale", c)); /* of one pixel it is 0 but for rounding */
  double largest = 0; /* sums of db cancel where the activation is linear, so they are measured by their terms */
  for (const double g : first) largest = std::fabs(g) > largest ? std::fabs(g) : largest;
  CHECK_NEAR(dx, first, 5e-5, describe("norm dx", c));
  for (size_t i = 0; i < db.size(); ++i)
    CHECK(std::fabs(db[i] - sums.b[i]) <= 1e-5 * largest * std::sqrt(c.batch * c.pixels + 1.0), describe("norm db", c));
  CHECK_NEAR(dnoise, sums.noise, 5e-5, describe("norm dnoise", c));
  for (size_t i = 0; i < dstrength.size(); ++i)
    CHECK(std::fabs(dstrength[i] - sums.strength[i]) <= 1e-5 * largest * std::sqrt(count + 1.0), describe("norm dstrength", c));
}

}  // namespace

int main() {
  for_instruction_sets([] {
    Random random(2);
    for (const int64_t channels : {1, 3, 16, 17, 33})
      for (int noise = 0; noise < 5; ++noise) {
        const int64_t batch = 1 + noise % 3, noise_batch = noise == 0 ? 0 : noise < 3 ? 1 : batch;
        const int64_t strengths = noise == 0 ? 0 : noise % 2 == 0 ? channels : 1;
        for (const bool styled : {false, true})
          for (const int kind : {TFSG_LINEAR, TFSG_RELU, TFSG_LRELU}) {
            const Case c{batch, 29, channels, noise_batch, strengths, styled, kind != TFSG_RELU, kind, styled ? 0.8f : -1.0f};
            style_case(c, random);
            norm_case(c, random);
          }
      }
    for (int kind = TFSG_TANH; kind < TFSG_ACTIVATIONS; ++kind) norm_case({2, 15, 17, 2, 17, true, true, kind, -1}, random);
    const Case shapes[] = {{2, 2100, 33, 1, 33, true, true, TFSG_LRELU, 1.5f}, /* several parts */
                           {3, 1, 5, 3, 1, true, true, TFSG_LRELU, -1},
                           {1, 5, 1100, 1, 1, true, false, TFSG_LRELU, -1},
                           {0, 7, 17, 0, 0, true, true, TFSG_LRELU, -1},
                           {2, 0, 17, 1, 1, true, true, TFSG_LRELU, -1},
                           {0, 7, 17, 1, 1, true, true, TFSG_LRELU, -1},
                           {2, 7, 0, 1, 1, true, true, TFSG_LRELU, -1}};
    for (const Case& c : shapes) {
      style_case(c, random);
      norm_case(c, random);
    }
  });
  return finish("epilogues");
}

using System.Globalization;

namespace Osmo.Testing;

/// <summary>The seed of a test that leaves something to chance.</summary>
public static class Seed
{
    /// <summary>The variable by which a run is repeated.</summary>
    public const string Variable = "OSMO_SEED";

    /// <summary>A new seed, or the one that the environment names. Print it, so that a failure can be repeated.</summary>
    public static int Next() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    /// <summary>A new seed, or the one that the environment names, printed so that a failure can be repeated.</summary>
    public static int Next(Action<string> print)
    {
        var seed = Next();
        Print(seed, print);
        return seed;
    }

    /// <summary>Prints a seed that several tests share.</summary>
    public static void Print(int seed, Action<string> print) => print($"{Variable}={seed}");
}

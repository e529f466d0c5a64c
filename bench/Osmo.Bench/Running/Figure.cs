using System.Globalization;

namespace Osmo.Bench.Running;

/// <summary>Which side of the goal is good.</summary>
internal enum GoalKind
{
    AtLeast,
    AtMost,
}

/// <summary>A measured value with its goal.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The value, in <paramref name="Unit"/>.</param>
/// <param name="Unit">The unit of value and goal, such as <c>nodes/s</c> or <c>ms</c>.</param>
/// <param name="Goal">The value to reach; null where two values are compared and neither has to be reached.</param>
/// <param name="Kind">Whether the goal is a floor or a ceiling.</param>
/// <param name="Detail">How it was measured, or what explains the value; may be empty.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? Goal, GoalKind Kind, string Detail = "")
{
    public bool IsMet => Goal is not { } goal || (Kind == GoalKind.AtLeast ? Value >= goal : Value <= goal);

    public override string ToString()
    {
        var verdict = IsMet ? "met" : "MISSED";
        var side = Kind == GoalKind.AtLeast ? "at least" : "at most";
        var detail = Detail.Length == 0 ? "" : $" ({Detail})";
        return Goal is { } goal
            ? $"  {Name}: {Show(Value)} {Unit}, goal {side} {Show(goal)}: {verdict}{detail}"
            : $"  {Name}: {Show(Value)} {Unit}{detail}";
    }

    private static string Show(double value) =>
        value.ToString(Math.Abs(value) >= 1_000 ? "N0" : "0.###", CultureInfo.InvariantCulture);
}

namespace Osmo.Domain.Availability;

/// <summary>One thing that is wrong with configured rules.</summary>
/// <param name="Field">Path of the field in the backend's configuration, for example <c>node_conditions.ignore_node_conditions</c>.</param>
/// <param name="Index">Index of the entry in the list; null when the list itself is wrong.</param>
/// <param name="Entry">The entry, shortened and with unprintable characters replaced; null when the list itself is wrong.</param>
/// <param name="Message">A sentence for people: where, what is wrong, and what to do.</param>
public sealed record RuleError(string Field, int? Index, string? Entry, string Message);

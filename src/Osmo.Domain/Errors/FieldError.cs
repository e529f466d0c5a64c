namespace Osmo.Domain.Errors;

/// <summary>One field of a request that breaks a rule.</summary>
/// <param name="Field">Path of the field, for example <c>scheduler_settings.scheduler_timeout</c>.</param>
/// <param name="Message">What is wrong and what to do, for people.</param>
public sealed record FieldError(string Field, string Message);

namespace Osmo.KubeSim.Objects;

/// <summary>A value has another JSON type than the API's field; the message is worded as the API server words it.</summary>
internal sealed class SchemaTypeException(string message) : Exception(message);

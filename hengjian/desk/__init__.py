"""What people keep on their desk: filters of their own, remarks to each other about a thing that is done."""
